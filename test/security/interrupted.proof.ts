/** The first Ctrl-C ends any command at once, whatever it is at; and nothing hostile runs for ever without one. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { HOSTILE_CEL } from '../../packages/explain/src/gcp/hostile-cel.fixture.js';
import { jwt } from './polluted.js';
import { BIN, folder, removeFolders } from '../support/command-line.js';

vi.setConfig({ testTimeout: 60_000 });
removeFolders();

const CLAIMS = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: 'a'.repeat(3_000),
  groups: Array.from({ length: 800 }, (_, at) => `g${at}`),
  iat: 1,
  exp: 9_999_999_999,
};
const NAME = 'projects/123456789012/locations/global/workloadIdentityPools/vercel/providers/vercel';
const provider = (more: object): object => ({
  name: NAME,
  oidc: { issuerUri: CLAIMS.iss, allowedAudiences: [CLAIMS.aud] },
  attributeMapping: { 'google.subject': "'subject'" },
  state: 'ACTIVE',
  ...more,
});

/** Conditions, and the same as mappings: many more of them than Google keeps, too. */
const POLICIES: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    Object.entries(HOSTILE_CEL).map(([name, source]) => [name, provider({ attributeCondition: source })]),
  ),
  'five hundred mappings': provider({
    attributeMapping: Object.fromEntries(
      Array.from({ length: 500 }, (_, at) => [
        at === 0 ? 'google.subject' : `attribute.a${at}`,
        'assertion.groups.map(a, assertion.groups.filter(b, a == b)[0])[0]',
      ]),
    ),
  }),
};

function files(): string {
  return folder({
    token: jwt(CLAIMS),
    ...Object.fromEntries(Object.entries(POLICIES).map(([name, policy]) => [`${name}.json`, policy])),
  });
}

const start = (cwd: string, ...argv: string[]): ChildProcess =>
  spawn(process.execPath, [BIN, ...argv], {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
const explained = (cwd: string, name: string): ChildProcess =>
  start(cwd, 'explain', 'gcp', '--policy', `${name}.json`, '--token-file', 'token', '--json');
const ended = (
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly signal: string | null }> =>
  new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Ended by the signal itself: no code of the program had a say, so that none can be in its way. */
async function expectEnd(child: ChildProcess, afterMs: number): Promise<void> {
  const end = ended(child);
  await Promise.race([pause(afterMs), end]);
  child.kill('SIGINT');
  const late = pause(1_000).then(() => 'still there');
  const result = await Promise.race([end, late]);
  child.kill('SIGKILL');
  expect(result).not.toBe('still there');
  // One that had ended before the signal said what it had to say.
  if (result !== 'still there') expect([null, 0, 1, 2]).toContain((result as { code: unknown }).code);
}

describe('Ctrl-C ends `explain` within a second, at any moment', () => {
  const cwd = files();
  it('there are twenty hostile policies', () =>
    expect(Object.keys(POLICIES).length).toBeGreaterThanOrEqual(20));

  // Five at a time: most of each is waiting.
  it.concurrent.each(Object.keys(POLICIES).map((name, at) => [name, at] as const))('%s', async (name, at) => {
    // Another moment for each: from the start of the process until after the evaluation began.
    await expectEnd(explained(cwd, name), 40 + at * 45);
  });
});

it('without Ctrl-C each hostile policy is refused by itself', async () => {
  const cwd = files();
  const names = Object.keys(POLICIES);
  const run = async (name: string): Promise<unknown> => {
    const child = explained(cwd, name);
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => (out += String(chunk)));
    await ended(child);
    const { error, verdict } = JSON.parse(out) as { error?: { code: string }; verdict?: string };
    return [name, error?.code ?? verdict];
  };
  for (let at = 0; at < names.length; at += 2)
    for (const [name, said] of (await Promise.all(names.slice(at, at + 2).map(run))) as [string, string][])
      expect([
        name,
        ['policy_too_deep', 'policy_too_costly', 'invalid', 'refused', 'allowed'].includes(said),
      ]).toEqual([name, true]);
});

describe('Ctrl-C ends a command that runs code which does not end', () => {
  const cwd = folder({ 'credex.config.mjs': 'for (;;);', token: jwt(CLAIMS) });
  it.concurrent.each([
    ['doctor', '--config', 'credex.config.mjs'],
    ['exec', '--config', 'credex.config.mjs', 'aws', '--', 'true'],
    ['credential-process', 'aws', '--config', 'credex.config.mjs'],
    ['google-executable', 'gcp', '--config', 'credex.config.mjs'],
    ['azure-token-file', 'azure', '--config', 'credex.config.mjs', '--path', 'here'],
    ['print-config', 'aws', '--config', 'credex.config.mjs'],
    ['whoami', '--token', '-'],
    ['setup', 'aws', '--help'],
  ])('%s', async (...argv) => {
    await expectEnd(start(cwd, ...argv), 700);
  });
});
