/** What `credex setup` printed, read back as its readers read it: a shell, Terraform's own parser, a JSON parser. */

import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from '@cdktn/hcl2json';
import type { Io } from '@credex/cli';
import { run } from '@credex/cli';

export interface Printed {
  readonly files: readonly { readonly name: string; readonly format: string; readonly text: string }[];
  readonly commands: readonly string[];
  readonly notes: readonly string[];
}

export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function credex(argv: readonly string[]): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr'): Io['stdout'] => ({
    isTerminal: false,
    write: (text) => void (said[name] += text),
  });
  const exit = await run(argv, {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    stdin: { isTerminal: false, read: async () => '' },
    env: {},
    cwd: '/',
    clock: { now: () => 0, monotonic: () => 0 },
    fetch: async () => Promise.reject(new TypeError('Nothing is fetched by setup.')),
    signal: new AbortController().signal,
    version: '0.0.0',
  });
  return { exit, ...said };
}

export async function setup(argv: readonly string[]): Promise<Printed> {
  const { exit, stdout, stderr } = await credex(['setup', ...argv, '--json']);
  if (exit !== 0) throw new Error(`setup ended with ${exit}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Printed;
}

export const fileOf = ({ files }: Printed, format: string): string =>
  files.find((file) => file.format === format)?.text ?? '';

/** A program's arguments, as the shell handed them over. */
export interface Call {
  /** `aws iam create-role`: all before the first option. */
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** What `az ad app create --query appId` says. */
export const MADE_APP = '0f3c5a7e-1111-4222-8333-444455556666';

/** Runs the commands in a real shell, where aws, gcloud and az only write down how they were called. */
export async function calls({ commands }: Printed): Promise<readonly Call[]> {
  const folder = await mkdtemp(join(tmpdir(), 'credex-setup-'));
  try {
    const log = join(folder, 'log');
    const stub = `#!/bin/sh\n{ printf '%s\\0' "\${0##*/}" "$@"; printf '\\036\\0'; } >> '${log}'\ncase "$*" in *'app create'*) echo ${MADE_APP};; esac\n`;
    for (const name of ['aws', 'gcloud', 'az']) {
      await writeFile(join(folder, name), stub);
      await chmod(join(folder, name), 0o755);
    }
    const env = { PATH: [folder, process.env['PATH'] ?? ''].join(delimiter) };
    await promisify(execFile)('sh', ['-eu', '-c', commands.join('\n\n')], { env, cwd: folder });
    const records = (await readFile(log, 'utf8')).split('\u001e\0').slice(0, -1);
    return records.map((record) => callOf(record.split('\0').slice(0, -1)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function callOf(argv: readonly string[]): Call {
  const first = argv.findIndex((word) => word.startsWith('--'));
  const rest = argv.slice(first);
  const options: Record<string, string> = {};
  for (let at = 0; at < rest.length; at += 2) {
    const [name, value] = [rest[at], rest[at + 1]];
    if (name?.startsWith('--') !== true || value === undefined) throw new Error(`No option: ${String(name)}`);
    options[name.slice(2)] = value;
  }
  return { words: argv.slice(0, first), options };
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The blocks of one kind: `resource "aws_iam_role" "vercel"`. Each is a list of one. */
export async function terraform(
  text: string,
): Promise<(kind: string, type: string) => [string, JsonObject][]> {
  const parsed = (await parse('vercel.tf', text)) as Record<
    string,
    Record<string, Record<string, JsonObject[]>>
  >;
  return (kind, type) =>
    Object.entries(parsed[kind]?.[type] ?? {}).map(([name, blocks]) => [name, blocks[0] as JsonObject]);
}

export const textOf = (json: Json | undefined): string => {
  if (typeof json !== 'string') throw new TypeError(`No text: ${JSON.stringify(json)}`);
  return json;
};
export const textsOf = (json: Json | undefined): readonly string[] =>
  (Array.isArray(json) ? (json as readonly Json[]) : [json as Json]).map(textOf);
