/** A simulated laptop for each test: a home with the CLI's login, a linked project, and a scripted CLI. */

import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import type { Clock, CredentialEvent, Fetch, SubjectToken, SubjectTokenSource } from '@credex/core';
import { localTokenSource } from '../local.js';
import type { LocalTokenSourceOptions } from '../local.js';

export const NOW = 1_800_000_000_000;

/** A fixed time; pauses between retries take no time. */
export const clock: Clock = {
  now: () => NOW,
  monotonic: () => 0,
  setTimeout(run, ms) {
    const timer = setTimeout(run, ms < 1_000 ? 0 : ms);
    return () => clearTimeout(timer);
  },
};

const PROJECT = { projectId: 'prj_shop', orgId: 'team_acme' };
export const LOGIN = 'vca_4f9c21b7e85d30a6c1f2e4b8';

let minted = 0;
/** A development token of the project; `hours` from now. */
export const token = (claims: object = {}, hours = 12): string =>
  [
    { alg: 'RS256' },
    {
      iss: 'https://oidc.vercel.com/acme',
      project_id: PROJECT.projectId,
      owner_id: PROJECT.orgId,
      environment: 'development',
      user_id: 'user_ada',
      exp: NOW / 1_000 + hours * 3_600,
      jti: `token-${minted++}`,
      ...claims,
    },
    'signature',
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

export interface SentRequest {
  readonly url: URL;
  readonly headers: Headers;
}

export interface Laptop {
  readonly root: string;
  readonly home: string;
  readonly project: string;
  /** The CLI's directory. */
  readonly cli: string;
  readonly authFile: string;
  readonly linkFile: string;
  readonly events: CredentialEvent[];
  readonly sent: SentRequest[];
  /** The response of the API. Default: a token. */
  respond: () => Response | Promise<Response>;
  write(path: string, content: string | object, mode?: number): string;
  /** A `vercel` in the project's node_modules; `script`: its body, in which `args` are the arguments. */
  program(script: string): string;
  source(options?: LocalTokenSourceOptions): SubjectTokenSource;
  token(options?: LocalTokenSourceOptions, fresh?: boolean): Promise<SubjectToken>;
  remove(): void;
}

export function laptop(): Laptop {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'credex-laptop-')));
  const home = join(root, 'home');
  const project = join(home, 'shop');
  const cli = join(home, '.local', 'share', 'com.vercel.cli');
  // The process under test runs the project's script.
  const [, main = ''] = process.argv;
  process.argv[1] = join(project, 'server.js');
  const sent: SentRequest[] = [];
  const events: CredentialEvent[] = [];
  const fetch: Fetch = async (input, init) => {
    sent.push({ url: new URL(input), headers: new Headers(init.headers) });
    return made.respond();
  };
  const made: Laptop = {
    root,
    home,
    project,
    cli,
    authFile: join(cli, 'auth.json'),
    linkFile: join(project, '.vercel', 'project.json'),
    events,
    sent,
    respond: () => new Response(JSON.stringify({ token: token() })),
    write(path, content, mode = 0o644) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      chmodSync(path, mode);
      return path;
    },
    program(script) {
      const text = `#!/usr/bin/env node\nconst args = process.argv.slice(2);\n${script}\n`;
      return made.write(join(project, 'node_modules', '.bin', 'vercel'), text, 0o755);
    },
    source: (options = {}) =>
      localTokenSource({
        directory: project,
        homeDirectory: home,
        clock,
        fetch,
        onEvent: (event) => events.push(event),
        ...options,
      }),
    token: async (options, fresh = false) =>
      made
        .source(options)
        .capture()
        .token({ audience: undefined, fresh, signal: new AbortController().signal }),
    remove() {
      process.argv[1] = main;
      rmSync(root, { recursive: true, force: true });
    },
  };
  made.write(made.linkFile, { ...PROJECT, projectName: 'shop' });
  made.write(
    made.authFile,
    { token: LOGIN, refreshToken: 'vcr_renews', expiresAt: NOW / 1_000 + 600 },
    0o600,
  );
  return made;
}

/** Every path below `directory` with its mode and a digest of its content. */
export function fingerprint(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    const stats = lstatSync(path);
    const content = stats.isSymbolicLink() ? readlinkSync(path) : stats.isFile() ? readFileSync(path) : '';
    found[name] = `${stats.mode.toString(8)} ${createHash('sha256').update(content).digest('hex')}`;
  }
  return found;
}

export const warnings = ({ events }: Laptop): string[] =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

/** Removes the variables of the platform and of `vercel env pull`; vi.unstubAllEnvs() restores them. */
export function withoutPlatform(): void {
  for (const name of [
    'VERCEL',
    'VERCEL_ENV',
    'VERCEL_TARGET_ENV',
    'VERCEL_OIDC_TOKEN',
    'VERCEL_TOKEN_STORAGE',
  ])
    vi.stubEnv(name, undefined);
}
