/** `--token`, `--policy` and `--hop-policy` of doctor: what is wrong use, and not a fault of the set-up. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwt, runInMemory } from '../memory-io.fixture.js';

const ROLE = 'arn:aws:iam::123456789012:role/shop';
const LAST = 'arn:aws:iam::123456789012:role/last';
const ENTRIES = {
  chain: { provider: 'aws', roleArn: ROLE, assumeRole: [{ roleArn: LAST }] },
  aws: { provider: 'aws', roleArn: ROLE },
  azure: {
    provider: 'azure',
    tenantId: '00000000-0000-0000-0000-000000000001',
    clientId: '00000000-0000-0000-0000-000000000002',
  },
};
let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'credex-doctor-'));
  writeFileSync(join(cwd, 'credex.config.json'), JSON.stringify({ credentials: ENTRIES }));
  const trust = { Version: '2012-10-17', Statement: [] };
  writeFileSync(join(cwd, 'role.json'), JSON.stringify(trust));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const doctor = (...argv: readonly string[]) =>
  runInMemory(['doctor', ...argv], { cwd, env: { HOME: cwd, VERCEL_OIDC_TOKEN: jwt() } });

describe('--hop-policy', () => {
  it.each([
    ['without --policy', ['chain'], /--hop-policy needs --policy/],
    ['for a role that starts no chain', ['aws', '--policy', 'role.json'], /`assumeRole`/],
    ['for another cloud', ['azure', '--policy', 'role.json'], /entry of azure/],
  ])('is wrong use %s', async (_what, argv, message) => {
    const { exit, stdout, stderr } = await doctor(...argv, '--hop-policy', 'role.json');
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    const { json } = await doctor(...argv, '--hop-policy', 'role.json', '--json');
    expect(json()).toMatchObject({ error: { code: 'conflicting_arguments' } });
  });

  it.each([
    ['the token and a policy', ['aws', '--token', '-', '--policy', '-'], '--token and --policy'],
    [
      'two policies',
      ['chain', '--policy', 'role.json', '--hop-policy', '-', '--hop-policy', '-'],
      '--hop-policy and --hop-policy',
    ],
  ])('refuses to read %s from standard input', async (_what, argv, options) => {
    const { exit, stdout, stderr } = await doctor(...argv);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`Only one option can read standard input, not ${options}.`);
  });

  it('is an unknown option of `credex explain` for another cloud', async () => {
    for (const cloud of ['gcp', 'azure']) {
      const argv = ['explain', cloud, '--policy', 'role.json', '--hop-policy', 'role.json'];
      expect((await runInMemory(argv, { cwd })).exit).toBe(2);
    }
  });
});
