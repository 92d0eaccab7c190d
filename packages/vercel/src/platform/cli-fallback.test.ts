import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { vercelTokenSource } from '../index.js';
import { clock, laptop, token } from '../local/laptop.fixture.js';
import type { Laptop } from '../local/laptop.fixture.js';

vi.setConfig({ testTimeout: 20_000 });
let here: Laptop;
beforeEach(() => {
  here = laptop();
  const variables = ['VERCEL', 'VERCEL_ENV', 'VERCEL_TARGET_ENV', 'VERCEL_PROJECT_ID', 'VERCEL_OIDC_TOKEN'];
  const others = [
    'VERCEL_OIDC_TOKEN_FILE',
    'VERCEL_TOKEN_STORAGE',
    'CI',
    'XDG_DATA_HOME',
    'XDG_CACHE_HOME',
    'XDG_DATA_DIRS',
  ];
  for (const name of [...variables, ...others, 'NODE_ENV']) vi.stubEnv(name, undefined);
  // What node:os reads.
  vi.stubEnv('HOME', here.home);
  vi.spyOn(process, 'cwd').mockReturnValue(here.project);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  here.remove();
});

const source = (options = {}) =>
  vercelTokenSource({
    clock,
    fetch: async (input) => {
      here.sent.push({ url: new URL(input), headers: new Headers() });
      return here.respond();
    },
    ...options,
  });
const wanted = { audience: undefined, fresh: false, signal: new AbortController().signal };
const read = async (options?: object) => source(options).capture().token(wanted);

it('is a refresh on a laptop, once for all sources, and no variable changes', async () => {
  vi.stubEnv('VERCEL_OIDC_TOKEN', token({}, -1));
  const environment = { ...process.env };
  const tokens = await Promise.all([read(), read(), read()]);
  expect(new Set(tokens.map(({ jwt }) => jwt)).size).toBe(1);
  expect(here.sent.map(({ url }) => url.pathname)).toEqual(['/v1/projects/prj_shop/token']);
  expect({ ...process.env }).toEqual(environment);
});

it('comes after a token that is still good, and brings a fresher one where that was refused', async () => {
  const given = token();
  vi.stubEnv('VERCEL_OIDC_TOKEN', given);
  const subject = source().capture();
  expect((await subject.token(wanted)).jwt).toBe(given);
  expect(here.sent).toEqual([]);
  const fresher = await subject.token({ ...wanted, fresh: true });
  expect(fresher.jwt).not.toBe(given);
  expect(here.sent).toHaveLength(1);
});

it('says what is wrong on the laptop', async () => {
  here.write(here.authFile, {});
  await expect(read()).rejects.toMatchObject({
    code: 'no_subject_token',
    message: expect.stringContaining(here.authFile) as string,
  });
  here.write(here.linkFile, '{');
  await expect(read()).rejects.toMatchObject({
    message: expect.stringContaining(`${here.linkFile}:1`) as string,
  });
});

describe('is left out', () => {
  it.each([
    ['on a deployment', { VERCEL: '1', VERCEL_ENV: 'production' }],
    ['on a preview', { VERCEL_ENV: 'preview' }],
    ['in CI', { CI: 'true' }],
    ['under tests', { NODE_ENV: 'test' }],
    ['on a server', { NODE_ENV: 'production' }],
  ])('%s', async (_where, variables) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    here.program(`require('node:fs').writeFileSync(${JSON.stringify(join(here.root, 'ran'))}, '')`);
    await expect(read()).rejects.toMatchObject({
      code: 'no_subject_token',
      message: expect.stringContaining('no VERCEL_OIDC_TOKEN') as string,
    });
    expect(here.sent).toEqual([]);
  });

  it('where it is switched off', async () => {
    await expect(read({ local: false })).rejects.toMatchObject({ code: 'no_subject_token' });
    expect(here.sent).toEqual([]);
    expect(() => vercelTokenSource({ local: 'no' as never })).toThrow(
      expect.objectContaining({ option: 'local' }) as Error,
    );
  });

  it('where nothing is linked', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue(here.root);
    await expect(read()).rejects.toMatchObject({
      hint: expect.stringContaining('localTokenSource()` from @credex/vercel/local') as string,
    });
    expect(here.sent).toEqual([]);
  });
});
