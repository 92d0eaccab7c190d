/** The parts of `credex dev` that need no emulator. */

import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';
import type { Piece } from '../text.js';
import { developmentTrust, makeSeed, trustedEnvironments } from './dev-seed.js';
import { exchangeLine } from './exchange-line.js';
import { previewKey, watchKeys } from './keys.js';
import { networkOf } from './private-network.js';
import { keepTokenFile } from './token-file.js';

const folder = mkdtempSync(join(tmpdir(), 'credex-dev-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the address for containers', () => {
  test.each([
    [{}, { host: '127.0.0.1', listen: undefined, isShared: false }],
    [{ listen: '172.17.0.1' }, { host: '172.17.0.1', listen: '172.17.0.1', isShared: true }],
    [
      { allowHost: 'host.docker.internal' },
      { host: 'host.docker.internal', listen: undefined, isShared: true },
    ],
    [
      { allowHost: 'emulator.local', listen: '10.1.2.3' },
      { host: 'emulator.local', listen: '10.1.2.3', isShared: true },
    ],
  ])('%j is private', (options, network) => expect(networkOf(options)).toEqual(network));

  test.each([
    [{ listen: '0.0.0.0' }, '--listen'],
    [{ listen: '8.8.8.8' }, '--listen'],
    [{ listen: '172.32.0.1' }, '--listen'],
    [{ listen: 'localhost' }, '--listen'],
    [{ allowHost: 'example.com' }, '--allow-host'],
    [{ allowHost: '1.1.1.1' }, '--allow-host'],
    [{ allowHost: 'internal.example' }, '--allow-host'],
    [{ allowHost: 'a b.internal' }, '--allow-host'],
  ])('%j may be public', (options, option) =>
    expect(() => networkOf(options)).toThrow(expect.objectContaining({ option })),
  );
});

test('a made seed trusts the audience of each entry, and the emulator takes it', async () => {
  const io = { env: {}, cwd: '/shop' } as never;
  const trust = await developmentTrust(io, {}, trustedEnvironments('development'));
  const seed = await makeSeed(
    [
      { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/a', audience: 'default' },
      { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/b', audience: 'https://own.example' },
      { provider: 'aws', roleArn: 'arn:aws-cn:iam::210987654321:role/c' },
      {
        provider: 'gcp',
        projectNumber: '742613904155',
        workloadIdentityPoolId: 'vercel',
        workloadIdentityPoolProviderId: 'vercel',
        audience: 'default',
      },
      {
        provider: 'azure',
        tenantId: 'acme.example',
        clientId: '00000000-0000-4000-8000-000000000002',
        authorityHost: 'https://login.microsoftonline.us',
        audience: 'default',
      },
    ],
    trust,
    'shop-dev',
  );
  expect(seed.aws?.identityProviders?.map(({ clientIds }) => clientIds)).toEqual([
    ['sts.amazonaws.com', 'https://own.example'],
    ['https://vercel.com/local'],
  ]);
  expect(seed.gcp?.providers?.[0]?.allowedAudiences).toEqual([
    'https://iam.googleapis.com/projects/742613904155/locations/global/workloadIdentityPools/vercel/providers/vercel',
  ]);
  const [application] = seed.azure?.applications ?? [];
  expect(application?.federatedCredentials[0]).toMatchObject({
    audience: 'api://AzureADTokenExchangeUSGov',
    subject: 'owner:local:project:shop:environment:development',
  });
  const { startEmulator } = await import('@credex/testing/emulator');
  await (await startEmulator({ seed })).close();
});

test('a token is renewed at half of its lifetime, and at once for another environment', async () => {
  let now = 0;
  const waiting: (() => void)[] = [];
  const stop = new AbortController();
  const clock = {
    now: () => now,
    monotonic: () => now,
    setTimeout: (run: () => void) => (waiting.push(run), () => {}),
  };
  const minted: string[] = [];
  const issuer = {
    mint: async ({ environment }: { environment: string }) => `${environment} ${minted.push(environment)}`,
  };
  const project = { team: 'acme', teamId: 'team_a', project: 'shop', projectId: 'prj_a' };
  const path = join(folder, 'token');
  const io = { clock, signal: stop.signal };
  const token = await keepTokenFile(io, { issuer } as never, project, 'development', { path, mode: 0o600 });
  const after = async (ms: number): Promise<string> => {
    now += ms;
    waiting.pop()?.();
    await expect.poll(() => waiting.length).toBe(1);
    return readFileSync(path, 'utf8');
  };
  expect(await after(1_799_999)).toBe('development 1');
  expect(await after(1)).toBe('development 2');
  await token.present('preview');
  expect(token.subject).toBe('owner:acme:project:shop:environment:preview');
  expect(readFileSync(path, 'utf8')).toBe('preview 3');
  expect(await after(1_800_000)).toBe('preview 4');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  // The folder cannot be written to for a while: the key p says so, and the renewal is tried at each look.
  renameSync(folder, `${folder}-away`);
  const notes: string[] = [];
  const output = { note: (...pieces: readonly Piece[]) => void notes.push(pieces.map(textOf).join('')) };
  await previewKey(output, token, 'preview')();
  expect(notes).toEqual([expect.stringMatching(/^the token was not changed: .* cannot be written/)]);
  expect(token.subject).toMatch(/:preview$/);
  now += 1_800_000;
  waiting.pop()?.();
  await expect.poll(() => [minted.length, waiting.length]).toEqual([6, 1]);
  renameSync(`${folder}-away`, folder);
  expect(await after(15_000)).toBe('preview 7');
  stop.abort();
});

const textOf = (piece: Piece): string => (typeof piece === 'string' ? piece : piece.text);

test('p is for the preview identity, q and Ctrl-C end, all else is typed', async () => {
  const seen: string[] = [];
  let press: (text: string) => void = () => {};
  const release = watchKeys(
    { readKeys: (listener) => ((press = listener), () => void seen.push('released')) },
    { type: (text) => void seen.push(text), end: (signal) => void seen.push(signal) },
    { preview: async () => void seen.push('preview') },
  );
  press('y\r');
  press('p');
  await Promise.resolve();
  press('q');
  press('\u0003');
  release();
  expect(seen).toEqual(['y', '\n', 'preview', 'SIGINT', 'SIGINT', 'released']);
});

test('a line for each exchange: who, or why not; lookups that succeed have none', () => {
  const entry = { sequence: 1, method: 'POST', path: '/', secure: true, at: 0, fault: undefined } as const;
  const text = (more: object): string =>
    (exchangeLine({ ...entry, service: 'aws-sts', status: 200, notes: {}, ...more }) ?? [])
      .map(textOf)
      .join('');
  const notes = { action: 'AssumeRoleWithWebIdentity', verdict: 'allowed', subject: 'owner:acme' };
  expect(text({ notes })).toBe('00:00:00 ✓ AWS STS  AssumeRoleWithWebIdentity  owner:acme');
  expect(
    text({ status: 403, notes: { action: 'A', verdict: 'AccessDenied', reason: 'Not authorized' } }),
  ).toBe('00:00:00 ✗ AWS STS  A  403 AccessDenied: Not authorized');
  const principal = 'principal://iam.googleapis.com/projects/1/x/subject/owner:acme';
  expect(text({ service: 'gcp-sts', notes: { action: 'ExchangeToken', principal } })).toMatch(
    /ExchangeToken {2}owner:acme$/,
  );
  expect(text({ service: 'issuer', path: '/acme/.well-known/jwks' })).toBe('');
});

describe('the command line', () => {
  test.each([
    [['dev'], 'usage'],
    [['dev', '--'], 'usage'],
    [['dev', '--listen', '0.0.0.0', '--', 'true'], '--listen'],
    [['dev', '--port', 'x=1', '--', 'true'], '--port'],
    [['dev', '--seed', 'absent.json', '--', 'true'], 'absent.json'],
    [['dev', '--', 'true'], 'npx credex init'],
    [['dev', '--database', 'mysql', '--', 'true'], '--database must be postgres or redis'],
  ])('%j ends with 2 and says what to do', async (argv, words) => {
    const { exit, stderr } = await runInMemory(argv, { cwd: folder });
    expect(exit).toBe(2);
    if (words !== 'usage') expect(stderr).toContain(words);
  });

  test.each(['{"vercel":{"projects":{"shop":{}}}}', '[null]', '{"vercel":{"projects":[null]}}', 'null'])(
    'a seed that is mistyped, %s, is no defect of credex',
    async (text) => {
      writeFileSync(join(folder, 'mistyped.json'), text);
      const { exit, stderr } = await runInMemory(['dev', '--seed', 'mistyped.json', '--', 'true'], {
        cwd: folder,
      });
      expect([exit, stderr]).toEqual([2, expect.stringContaining('has no project')]);
    },
  );

  test('some of the variables of a cloud are not enough', async () => {
    const { exit, stderr } = await runInMemory(['dev', '--', 'true'], {
      cwd: folder,
      env: { AZURE_TENANT_ID: 'x' },
    });
    expect([exit, stderr]).toEqual([
      2,
      expect.stringContaining('AZURE_TENANT_ID is set, but AZURE_CLIENT_ID is missing.'),
    ]);
  });
});
