import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';
import type { ServedDocument } from './serve.js';

vi.setConfig({ testTimeout: 30_000 });
const EXAMPLE = fileURLToPath(new URL('../../emulator-seed.example.json', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credex-emulator-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs it until `use` is done with it. */
async function whileServed(argv: readonly string[], use: (document: ServedDocument) => Promise<void>) {
  const stop = new AbortController();
  let said = '';
  let failed: unknown;
  const stdout = {
    isTerminal: false,
    write(text: string): void {
      said += text;
      const using = use(JSON.parse(said) as ServedDocument);
      void using.catch((error: unknown) => (failed = error)).finally(() => stop.abort());
    },
  };
  const { run } = await import('../run.js');
  let stderr = '';
  const exit = await run(['emulator', '--json', ...argv], {
    stdout,
    stderr: { isTerminal: false, write: (text) => void (stderr += text) },
    stdin: { isTerminal: false, read: async () => '' },
    env: {},
    cwd: folder,
    clock: { now: () => Date.now(), monotonic: () => 0, setTimeout: () => () => {} },
    fetch: globalThis.fetch,
    signal: stop.signal,
    version: '1.2.3',
  });
  if (failed !== undefined) throw failed;
  return { exit, stderr };
}

describe('credex emulator', () => {
  it('serves what the example seeds: a token of its project becomes a session', async () => {
    let url = '';
    const { exit, stderr } = await whileServed(
      ['--seed', EXAMPLE, '--write-ca', 'ca.pem'],
      async (document) => {
        const token = await (await fetch(`${document.tokens}/shop/production`)).text();
        url = document.services['aws-sts']?.url ?? '';
        const answer = await fetch(url, {
          method: 'POST',
          body: new URLSearchParams({
            Action: 'AssumeRoleWithWebIdentity',
            Version: '2011-06-15',
            RoleArn: 'arn:aws:iam::123456789012:role/shop-production',
            RoleSessionName: 'shop',
            WebIdentityToken: token,
          }),
        });
        expect([answer.status, (await answer.text()).includes('<AccessKeyId>')]).toEqual([200, true]);
        expect(document.projects).toEqual(['shop']);
        expect(readFileSync(join(folder, 'ca.pem'), 'utf8')).toBe(document.ca);
      },
    );
    expect([exit, stderr]).toEqual([0, '']);
    // It is gone with the signal.
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('mints for the projects and environments of the seed, for programs of this machine', async () => {
    await whileServed(['--seed', EXAMPLE], async ({ tokens }) => {
      const status = async (path: string, init?: RequestInit) =>
        (await fetch(`${tokens}${path}`, init)).status;
      expect(await status('/shop/preview')).toBe(200);
      expect(await status('/shop/staging')).toBe(404);
      expect(await status('/other/production')).toBe(404);
      expect(await status('/shop/production', { method: 'POST' })).toBe(405);
      expect(await status('/shop/production', { headers: { origin: 'https://evil.example' } })).toBe(403);
      const byName = await new Promise<number | undefined>((resolve, reject) => {
        const headers = { host: 'evil.example' };
        get(`${tokens}/shop/production`, { headers }, ({ statusCode }) => resolve(statusCode)).on(
          'error',
          reject,
        );
      });
      expect(byName).toBe(403);
    });
  });

  it('listens on the ports that are named, and says which one is taken', async () => {
    await whileServed([], async ({ services }) => {
      const port = new URL(services['entra']?.tlsUrl ?? '').port;
      const taken = await runInMemory(['emulator', '--json', '--port', `issuer=${port}`]);
      expect(taken.exit).toBe(2);
      expect(taken.json()).toMatchObject({
        error: { option: '--port', message: expect.stringContaining(port) as string },
      });
    });
  });

  it.each([
    ['issuer'],
    ['nonsense=9001'],
    ['issuer=0'],
    ['issuer=65536'],
    ['issuer=9001 --port issuer=9002'],
  ])('--port %s: exit code 2', async (ports) => {
    const { exit, stderr } = await runInMemory(['emulator', '--port', ...ports.split(' ')]);
    expect(exit).toBe(2);
    expect(stderr).toContain('--port');
  });

  it.each<[string, unknown, string[]]>([
    ['no JSON', '{', ['not JSON']],
    ['a list', [], ['must be an object']],
    ['an unknown section', { awz: {} }, ['`awz` is not known. Known are vercel, aws, gcp, azure']],
    ['an unknown list', { aws: { role: [] } }, ['`aws.role` is not known']],
    [
      'an item with two things wrong',
      { aws: { buckets: [{ name: 1, accountId: '123456789012' }] } },
      ['`aws.buckets[0].name` must be a non-empty string', '`aws.buckets[0].region` is missing'],
    ],
    [
      'an issuer mode that there is not',
      {
        vercel: {
          projects: [{ team: 'a', teamId: 't', project: 'p', projectId: 'q', issuerMode: 'gloabl' }],
        },
      },
      ['`vercel.projects[0].issuerMode` must be team or global'],
    ],
    ['a prototype', '{"aws":{"__proto__":[]}}', ['`aws.__proto__` is not known']],
    [
      'what AWS would not take',
      { aws: { buckets: [{ name: 'UPPER', accountId: '123456789012', region: 'eu-west-1' }] } },
      ['`aws.buckets[0]`', 'InvalidBucketName'],
    ],
    [
      'a federated credential of no shape',
      { azure: { applications: [{ tenantId: 'a', clientId: 'b', federatedCredentials: ['x'] }] } },
      ['`azure.applications[0].federatedCredentials` must be a list of objects'],
    ],
  ])('a seed with %s: exit code 2, and where', async (_name, seed, words) => {
    const path = join(folder, 'seed.json');
    await writeFile(path, typeof seed === 'string' ? seed : JSON.stringify(seed));
    const { exit, stderr } = await runInMemory(['emulator', '--seed', path]);
    expect(exit).toBe(2);
    for (const word of words) expect(stderr).toContain(word);
  });
});
