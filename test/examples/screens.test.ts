/** The screens that the command line's README shows are what a terminal of that width shows. */

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { BIN, folder, outside, removeFolders } from '../support/command-line.js';
import { AUDIENCE, AWS } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import { ROOT } from './readme-blocks.js';

const README = join(ROOT, 'packages', 'cli', 'README.md');
const BOUND_MS = 120_000;
const fixture = useFixture();
removeFolders();

/** A mistake that people make: a pattern where nothing but equality is looked at. */
const POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${AWS.accountId}:oidc-provider/oidc.vercel.com/acme` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'oidc.vercel.com/acme:aud': AUDIENCE,
          'oidc.vercel.com/acme:sub': 'owner:acme:project:shop:environment:*',
        },
      },
    },
  ],
};

const COMMANDS = {
  whoami: 'whoami',
  doctor: 'doctor s3',
  explain: 'explain aws --policy trust-policy.json',
} as const;

beforeAll(() => ensureBuilt(), BOUND_MS);

/** In a terminal of that many columns, a pseudo one, without colours. */
async function shown(command: string, columns: number): Promise<string> {
  const { emulator } = fixture;
  const cwd = folder({
    '.env.local': `VERCEL_OIDC_TOKEN="${await fixture.mint({ environment: 'preview' })}"\n`,
    'credex.config.json': {
      credentials: { s3: { provider: 'aws', roleArn: AWS.roleArn, region: AWS.region } },
    },
    'trust-policy.json': POLICY,
  });
  const ca = join(cwd, 'ca.pem');
  await emulator.writeCa(ca);
  const line = `stty cols ${columns} rows 50; exec "${process.execPath}" "${BIN}" ${command}`;
  const { stdout } = await promisify(execFile)('script', ['-qec', line, '/dev/null'], {
    cwd,
    env: { ...outside(emulator, { ca }), HOME: cwd, TERM: 'xterm', NO_COLOR: '1' },
  }).catch((error: { stdout: string }) => error);
  return unchanging(stdout);
}

/** Without what another minute, another folder or another machine would say. */
function unchanging(text: string): string {
  return (
    text
      .replaceAll('\r\n', '\n')
      .split('\n')
      // A progress line was overwritten.
      .map((line) => line.slice(line.lastIndexOf('\r') + 1).replace('\u001b[2K', ''))
      .join('\n')
      .replaceAll(/\/\S+\/credex-cli-\w{6}/g, '/home/ada/shop')
      .replaceAll(/^((?:exp|iat|nbf) +)\d+/gm, '$11795341200')
      .replaceAll(/issued \d+ s ago/g, 'issued 2 s ago')
      .replaceAll(/(?:59 min \d\d s|1 h)(?= left| of 1 h)/g, '59 min 58 s')
      .replaceAll(/(DNS|TCP|TLS|HTTP \d+) \d+ ms/g, '$1 4 ms')
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, '2026-11-22T10:00:00Z')
      .replaceAll(/\(\d+ ms\)/g, '(12 ms)')
      .trimEnd()
  );
}

const blockOf = (name: string, columns: number): RegExp =>
  new RegExp(`(<!-- screen: ${name}, ${columns} columns -->\n\n\`\`\`text\n)([\\s\\S]*?)(\n\`\`\`)`);

const cases = Object.entries(COMMANDS).flatMap(([name, command]) =>
  [80, 120].map((columns) => ({ name, command, columns })),
);
const fresh = new Map<RegExp, string>();

test.each(cases)(
  '$name in $columns columns',
  async ({ name, command, columns }) => {
    const screen = await shown(command, columns);
    const block = blockOf(name, columns);
    fresh.set(block, screen);
    // A command to be copied is one line, however long.
    const lines = screen.split('\n').filter((line) => !line.startsWith('type:'));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    if (process.env['CREDEX_WRITE_SCREENS'] === undefined)
      expect(readFileSync(README, 'utf8').match(block)?.[2]).toBe(screen);
  },
  BOUND_MS,
);

afterAll(() => {
  if (process.env['CREDEX_WRITE_SCREENS'] === undefined) return;
  let text = readFileSync(README, 'utf8');
  for (const [block, screen] of fresh)
    text = text.replace(block, (_, before: string, __, after: string) => `${before}${screen}${after}`);
  writeFileSync(README, text);
});
