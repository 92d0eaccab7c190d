import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCredentialCache } from '@credex/core';
import { createCredentialProvider } from '@credex/core/internal';
import type { Fetch } from '@credex/core';
import { vercelTokenSource } from '../index.js';
import { localTokenSource } from '../local.js';
import {
  LOGIN,
  NOW,
  clock,
  fingerprint,
  laptop,
  token,
  warnings,
  withoutPlatform,
} from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';

vi.setConfig({ testTimeout: 20_000 });
let here: Laptop;
beforeEach(() => {
  here = laptop();
  withoutPlatform();
});
afterEach(() => {
  here.remove();
  vi.unstubAllEnvs();
});

const ownFile = (): string => {
  const folder = join(here.home, '.cache', 'credex', 'vercel');
  return join(folder, readdirSync(folder)[0] as string);
};

describe('the order', () => {
  it('uses the token of the environment while it is valid, and sends no request', async () => {
    const given = token();
    vi.stubEnv('VERCEL_OIDC_TOKEN', given);
    expect((await here.token()).jwt).toBe(given);
    expect(here.sent).toEqual([]);
    expect(fingerprint(here.home)).not.toHaveProperty('.cache');
  });

  it.each([
    ['has ended', () => token({}, -1)],
    ['is about to end', () => token({}, 0.01)],
    ['is of another project', () => token({ project_id: 'prj_other' })],
    ['is of another team', () => token({ owner_id: 'team_other' })],
    ['is of another environment', () => token({ environment: 'production' })],
    ['is none', () => 'garbage'],
  ])('asks the API where that of the environment %s', async (_what, given) => {
    vi.stubEnv('VERCEL_OIDC_TOKEN', given());
    const brought = token();
    here.respond = () => new Response(JSON.stringify({ token: brought }));
    expect((await here.token()).jwt).toBe(brought);
    expect(here.sent.map(({ url }) => url.href)).toEqual([
      'https://api.vercel.com/v1/projects/prj_shop/token?source=vercel-oidc-refresh&teamId=team_acme',
    ]);
    expect(here.sent[0]?.headers.get('authorization')).toBe(`Bearer ${LOGIN}`);
  });

  it('keeps what it was given for the next process, where its user alone can read it', async () => {
    const first = await here.token();
    expect(statSync(ownFile()).mode & 0o777).toBe(0o600);
    for (const folder of ['credex', 'credex/vercel'])
      expect(statSync(join(here.home, '.cache', folder)).mode & 0o777).toBe(0o700);
    expect(ownFile()).toMatch(/\/[0-9a-f]{64}\.json$/);
    // The cache of this process would answer a source of the same options; to it this one is another user's.
    const another = { configDirectory: here.cli };
    expect((await here.token(another)).jwt).toBe(first.jwt);
    expect(here.sent).toHaveLength(1);
  });

  it.each([
    ['of another project', () => token({ project_id: 'prj_other' })],
    ['of another environment', () => token({ environment: 'production' })],
    ['that has ended', () => token({}, -1)],
    ['with four minutes left', () => token({}, 4 / 60)],
  ])('does not take a saved token %s', async (_what, planted) => {
    await here.token();
    here.write(ownFile(), { version: 1, token: planted() }, 0o600);
    const another = { configDirectory: here.cli };
    expect((await here.token(another)).claims).toMatchObject({
      project_id: 'prj_shop',
      environment: 'development',
      exp: NOW / 1_000 + 12 * 3_600,
    });
    expect(here.sent).toHaveLength(2);
  });

  it('asks once for all who ask at once, whatever source they have', async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => here.token()));
    expect(new Set(tokens.map(({ jwt }) => jwt)).size).toBe(1);
    expect(here.sent).toHaveLength(1);
  });

  it('brings a fresher one where the last was refused, and asks for one where it is the saved one', async () => {
    const subject = here.source().capture();
    const wanted = { audience: undefined, fresh: false, signal: new AbortController().signal };
    const first = await subject.token(wanted);
    const second = await subject.token({ ...wanted, fresh: true });
    expect(second.jwt).not.toBe(first.jwt);
    expect(JSON.parse(readFileSync(ownFile(), 'utf8'))).toEqual({ version: 1, token: second.jwt });
  });

  it('uses what has seconds left where nothing better can be had', async () => {
    const brief = token({}, 0.01);
    vi.stubEnv('VERCEL_OIDC_TOKEN', brief);
    here.respond = () => new Response('down', { status: 503 });
    expect((await here.token()).jwt).toBe(brief);
  });

  it('asks for a person’s own project without a team', async () => {
    here.write(here.linkFile, { projectId: 'prj_shop', orgId: 'VaLoj5uIN9cYXD2ubqs0aB1c' });
    await here.token();
    expect(here.sent[0]?.url.searchParams.has('teamId')).toBe(false);
  });

  it('takes project and team as options, without a linked directory', async () => {
    const answered = token({ project_id: 'prj_named', owner_id: 'team_named' });
    here.respond = () => new Response(JSON.stringify({ token: answered }));
    const given = { directory: here.root, projectId: 'prj_named', teamId: 'team_named' };
    expect((await here.token(given)).jwt).toBe(answered);
    expect(here.sent[0]?.url.pathname).toBe('/v1/projects/prj_named/token');
  });
});

describe('what it leaves alone', () => {
  it('changes no variable and no file but its own', async () => {
    for (const name of ['.env', '.env.local', '.env.development.local'])
      here.write(join(here.project, name), `VERCEL_OIDC_TOKEN="${token({}, -3)}"\n`);
    const files = fingerprint(here.root);
    const environment = { ...process.env };
    await here.token();
    await here.token({ via: 'api' }, true);
    expect({ ...process.env }).toEqual(environment);
    const after = fingerprint(here.root);
    const own = Object.keys(after).filter((path) => path.startsWith('home/.cache'));
    expect(own).toHaveLength(4);
    for (const path of own) delete after[path];
    expect(after).toEqual(files);
  });

  it('says which .env files are stale, and by which command each is mended', async () => {
    for (const name of ['.env', '.env.local', '.env.development.local'])
      here.write(join(here.project, name), `VERCEL_OIDC_TOKEN="${token({}, -3)}"\n`);
    await here.token();
    expect(warnings(here)).toEqual(
      ['.env', '.env.local', '.env.development.local'].map(
        (name) =>
          `${join(here.project, name)} contains a VERCEL_OIDC_TOKEN that expired 3 hours ago: run \`vercel env pull ${name}\`.`,
      ),
    );
  });

  it('drops what an asynchronous listener rejects with', async () => {
    here.write(join(here.project, '.env'), `VERCEL_OIDC_TOKEN="${token({}, -3)}"\n`);
    const onEvent = vi.fn(() => Promise.reject(new Error('of a listener')));
    await here.token({ onEvent: onEvent as () => void });
    // An unhandled rejection would fail the run.
    expect(onEvent).toHaveBeenCalledWith(expect.objectContaining({ type: 'warning' }));
  });

  it('prints no token and no login', async () => {
    await here.token();
    here.write(here.authFile, { token: `${LOGIN}\n` }, 0o600);
    here.write(ownFile(), 'eyJ', 0o600);
    const refused = here.token({ configDirectory: here.cli }, true).catch((error: unknown) => error);
    expect(inspect(await refused, { depth: 9, showHidden: true })).not.toMatch(/eyJ|vca_|vcr_/);
    expect(JSON.stringify(here.events)).not.toMatch(/eyJ|vca_/);
  });
});

describe('whose token it is', () => {
  it('is the identity key of user, project and development, known without a token', () => {
    const { identityKey, matchesIdentity } = here.source().capture();
    expect(identityKey).toContain('"prj_shop","team_acme","development"');
    const claims = { project_id: 'prj_shop', owner_id: 'team_acme', environment: 'development' };
    expect(matchesIdentity?.(claims)).toBe(true);
    for (const other of [{ project_id: 'prj_b' }, { owner_id: 'team_b' }, { environment: 'preview' }])
      expect(matchesIdentity?.({ ...claims, ...other })).toBe(false);
    expect(here.source({ configDirectory: here.root }).capture().identityKey).not.toBe(identityKey);
  });

  it('is never that of another login, which an option names', async () => {
    const { jwt } = await here.token();
    const other = join(here.root, 'other');
    here.write(join(other, 'auth.json'), { token: `${LOGIN}bob` });
    const theirs = await here.token({ configDirectory: other });
    expect(theirs.jwt).not.toBe(jwt);
    expect(here.sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      `Bearer ${LOGIN}`,
      `Bearer ${LOGIN}bob`,
    ]);
    expect((await here.token()).jwt).toBe(jwt);
  });

  it('costs no I/O on a hit of the cache above it', async () => {
    const source = here.source();
    const provider = createCredentialProvider(
      {
        specificationVersion: 'v1',
        provider: 'cloud',
        cacheKeyFields: () => ({}),
        exchange: async (_request, context) => ({
          credential: { expiresAt: (await context.subject()).expiresAt },
        }),
        parseStored: (record) => record as { expiresAt: number },
        classify: () => ({ code: 'unknown', retry: 'never' }),
      },
      { source, clock, cache: createCredentialCache() },
    );
    await provider.getCredentials();
    here.remove();
    expect((await provider.getCredentials()).expiresAt).toBe(NOW + 12 * 3_600_000);
  });
});

describe('where it refuses to be', () => {
  it.each([
    { VERCEL: '1' },
    { VERCEL: '1', VERCEL_ENV: 'production' },
    { VERCEL_ENV: 'preview' },
    { VERCEL_TARGET_ENV: 'staging', VERCEL_ENV: 'preview' },
  ])('on a deployment: %j', (variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(() => localTokenSource()).toThrow(
      expect.objectContaining({ code: 'conflicting_options', option: 'tokenSource' }) as Error,
    );
  });

  it('not under what `vercel env pull` writes, which has VERCEL too', () => {
    vi.stubEnv('VERCEL', '1');
    vi.stubEnv('VERCEL_ENV', 'development');
    expect(() => localTokenSource()).not.toThrow();
  });

  it.each([
    [{ projectId: 'prj_a;rm -rf ~' }, 'projectId'],
    [{ projectId: '../../v2/user' }, 'projectId'],
    [{ projectId: '../prj_a' }, 'projectId'],
    [{ projectId: '--token=prj_a' }, 'projectId'],
    [{ projectId: 'prj_a\n' }, 'projectId'],
    [{ projectId: 'prj_a', teamId: 'team_$(id)' }, 'teamId'],
    [{ projectId: 'prj_a', teamId: '--token' }, 'teamId'],
    [{ projectId: 'prj_a', teamId: '&teamId=team_b' }, 'teamId'],
    [{ teamId: 'team_a' }, 'teamId'],
    [{ via: 'shell' }, 'via'],
    [{ apiEndpoint: 'http://api.example' }, 'apiEndpoint'],
    [{ apiEndpoint: 'http://127.0.0.1:1' }, 'apiEndpoint'],
    [{ timeoutMs: 99 }, 'timeoutMs'],
    [{ directory: 5 }, 'directory'],
    [{ shell: true }, 'shell'],
  ])('with %j', (options, option) => {
    expect(() => here.source(options as never)).toThrow(expect.objectContaining({ option }) as Error);
  });
});

describe('the fallback of vercelTokenSource', () => {
  it('requests another audience once, with the token of the laptop', async () => {
    for (const name of ['NODE_ENV', 'CI', 'XDG_CACHE_HOME', 'XDG_DATA_HOME']) vi.stubEnv(name, undefined);
    vi.stubEnv('HOME', here.home);
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(here.project);
    const ofLaptop = token();
    const presented: unknown[] = [];
    const fetch: Fetch = async (input, { body }) => {
      if (!String(input).endsWith('/~token')) return new Response(JSON.stringify({ token: ofLaptop }));
      presented.push((JSON.parse(String(body)) as { token: unknown }).token);
      return new Response(JSON.stringify({ token: token({ aud: 'https://cloud.test' }) }));
    };
    const { signal } = new AbortController();
    const wanted = { audience: 'https://cloud.test', fresh: false, signal };
    const { claims } = await vercelTokenSource({ fetch, clock }).capture().token(wanted);
    cwd.mockRestore();
    expect(claims.aud).toBe('https://cloud.test');
    expect(presented).toEqual([ofLaptop]);
  });
});
