/** Against the emulator's issuer, whose keys are fetched as Vercel's are. */

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emulator, MintOptions } from '@credex/testing/emulator';
import { startEmulator } from '@credex/testing/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';
import type { MemoryIo } from '../memory-io.fixture.js';

vi.setConfig({ testTimeout: 30_000 });

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
}, 30_000);
afterAll(() => emulator.close());
beforeEach(() => emulator.log.clear());

const mint = (more: Partial<MintOptions> = {}): Promise<string> =>
  emulator.issuer.mint({
    team: 'acme',
    teamId: 'team_acme',
    project: 'shop',
    projectId: 'prj_shop',
    environment: 'production',
    ...more,
  });

/** Vercel's issuer leads to the emulator's; nothing else is reached. */
const ioOf = (token: string): MemoryIo => ({
  env: { VERCEL_OIDC_TOKEN: token },
  clock: { now: () => emulator.clock.now(), monotonic: () => emulator.clock.now() },
  fetch: async (url, init) => {
    const { origin, pathname } = new URL(url);
    if (origin !== 'https://oidc.vercel.com') throw new TypeError(`fetch of ${origin}`);
    return fetch(`${emulator.url('issuer')}${pathname}`, init);
  },
});
const verify = async (token: string) => runInMemory(['whoami', '--json', '--verify'], ioOf(token));

describe('--verify', () => {
  it.each([{}, { issuerMode: 'global' as const }, { audience: 'https://api.example' }])(
    'says that Vercel signed %j',
    async (more) => {
      const { exit, json } = await verify(await mint(more));
      expect(exit).toBe(0);
      expect(json()).toMatchObject({ verified: true });
    },
  );

  it.each([
    ['a key that is not published', { signWith: 'unpublished' }, 'unknown_key'],
    ['a token that was changed', { tamper: true }, 'invalid_signature'],
    ['no signature', { header: { alg: 'none' } }, 'invalid_subject_token'],
  ] as const)('says no for %s', async (_what, more, code) => {
    const { exit, stdout } = await verify(await mint(more));
    expect(exit).toBe(code === 'invalid_subject_token' ? 3 : 1);
    expect(stdout).toContain(code);
    expect(stdout).not.toContain('"verified": true');
  });

  it('says both of an expired token: signed by Vercel, and over', async () => {
    const { exit, json } = await verify(
      await mint({ issuedAt: Math.floor(emulator.clock.now() / 1000) - 7_200 }),
    );
    expect(exit).toBe(1);
    expect(json()).toMatchObject({ verified: true, findings: [{ code: 'expired' }] });
  });

  it.each(['https://evil.example/acme', 'http://127.0.0.1:1/acme', 'https://passport.vercel.com/acme'])(
    'sends no request to a host that the token names, such as %s',
    async (iss) => {
      const { exit, json } = await verify(await mint({ claims: { iss } }));
      expect(exit).toBe(1);
      expect(json()).toMatchObject({ verified: false, findings: [{ code: 'not_verifiable' }, {}] });
      expect(emulator.log.count('issuer')).toBe(0);
    },
  );

  it.each(['acme.corp', '-acme', 'Acme', 'acme/', 'a'.repeat(101), 'acme\u200b', '~token'])(
    'no issuer makes it a mistake of the command line: https://oidc.vercel.com/%s',
    async (slug) => {
      const { exit, json } = await verify(await mint({ claims: { iss: `https://oidc.vercel.com/${slug}` } }));
      expect(exit).toBe(1);
      expect(json()).toMatchObject({ verified: false });
      expect(emulator.log.count('issuer')).toBe(0);
    },
  );

  it.each([
    { audience: '' },
    { issuerMode: 'global' as const, claims: { owner_id: undefined, project_id: undefined } },
  ])('does not verify what no verifier can be told to expect: %j', async (more) => {
    const { exit, json } = await verify(await mint(more));
    expect(exit).toBe(1);
    expect(json()).toMatchObject({ verified: false });
  });

  it('ends with 4 where the issuer can not be reached', async () => {
    emulator.issuer.setReachable(false);
    const { exit, json } = await verify(await mint());
    emulator.issuer.setReachable(true);
    expect(exit).toBe(4);
    expect(json()).toMatchObject({ error: { code: 'keys_unavailable' } });
  });

  it('sends no request without it', async () => {
    expect((await runInMemory(['whoami'], ioOf(await mint()))).exit).toBe(0);
    expect(emulator.log.count('issuer')).toBe(0);
  });

  it('says on a terminal what is waited for, and takes it back', async () => {
    const io = { ...ioOf(await mint()), terminal: 80 };
    const { stderr } = await runInMemory(['whoami', '--verify'], io);
    expect(stderr).toMatch(/fetching the keys of Vercel.s issuer.*\r\p{Cc}\[2K$/su);
    expect((await runInMemory(['whoami', '--verify', '--json'], io)).stderr).toBe('');
  });
});

describe('--local', () => {
  it('takes the token from the Vercel CLI of a laptop, or says what is missing', async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'credex-cli-')));
    try {
      const unlinked = await runInMemory(['whoami', '--local', '--json'], { cwd: folder });
      expect(unlinked.exit).toBe(3);
      expect(unlinked.json()).toMatchObject({ error: { code: 'no_subject_token' } });

      const token = await mint({ environment: 'development' });
      await mkdir(join(folder, '.vercel'));
      const link = { projectId: 'prj_shop', orgId: 'team_acme' };
      await writeFile(join(folder, '.vercel/project.json'), JSON.stringify(link));
      vi.stubEnv('VERCEL_OIDC_TOKEN', token);
      const { exit, json } = await runInMemory(['whoami', '--local', '--json'], {
        ...ioOf(''),
        cwd: folder,
      });
      expect(json()).toMatchObject({
        source: { kind: 'vercel-login' },
        claims: { environment: 'development' },
      });
      expect(exit).toBe(0);
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
    }
  });
});
