import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AWS, AZURE } from './configs.fixture.js';
import { loadConfig } from './load-config.js';
import { foundFile } from './no-config-file.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'credex-config-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
const JSON_TEXT = JSON.stringify({ credentials: { store: AWS } });
const CODE = `export default { default: 'store', credentials: { store: ${JSON.stringify(AWS)} } }`;

describe('the file', () => {
  test.each([
    [
      'credex.config.ts',
      `type Name = string;\nconst usual: Name = 'store';\n${CODE.replace("'store'", 'usual')} as const;`,
    ],
    ['credex.config.mts', `${CODE} satisfies object;`],
    ['credex.config.js', CODE],
    ['credex.config.mjs', CODE],
  ])('%s is code', async (name, text) => {
    write(name, text);
    expect(await loadConfig({ directory })).toEqual({ default: 'store', credentials: { store: AWS } });
    expect(readdirSync(directory)).toEqual([name]);
  });

  test('credex.config.json is data', async () => {
    write('credex.config.json', JSON_TEXT);
    expect(await loadConfig({ directory })).toEqual({ credentials: { store: AWS } });
  });

  test('a file with another name', async () => {
    write('other.json', JSON_TEXT);
    expect(await loadConfig({ directory, file: 'other.json' })).toEqual({ credentials: { store: AWS } });
  });

  test('is read on each load', async () => {
    write('credex.config.ts', CODE);
    await loadConfig({ directory });
    write('credex.config.ts', CODE.replace('role/shop', 'role/other'));
    const { credentials } = await loadConfig({ directory });
    expect(credentials['store']).toMatchObject({ roleArn: 'arn:aws:iam::123456789012:role/other' });
  });

  test('TypeScript may set where a token is sent; its problems name the key', async () => {
    write(
      'credex.config.ts',
      CODE.replace('"provider"', '"endpoint": "https://sts.example.com", "provider"'),
    );
    expect(await loadConfig({ directory })).toMatchObject({
      credentials: { store: { endpoint: 'https://sts.example.com' } },
    });
    write('credex.config.ts', CODE.replace('"roleArn"', '"rolArn"'));
    await expect(loadConfig({ directory })).rejects.toThrow(
      /credex\.config\.ts: `credentials\.store\.rolArn`/,
    );
  });

  test.each([
    [
      'none',
      {},
      'missing_option',
      /none of credex\.config\.ts, .*credex\.config\.json is in .*set CREDEX_CONFIG/,
    ],
    [
      'two',
      { 'credex.config.ts': CODE, 'credex.config.json': JSON_TEXT },
      'conflicting_options',
      /contains both credex\.config\.ts and credex\.config\.json/,
    ],
    [
      'no default export',
      { 'credex.config.ts': 'export const config = {};' },
      'missing_option',
      /export default defineConfig/,
    ],
    ['an empty one', { 'credex.config.json': '' }, 'invalid_option', /credex\.config\.json/],
    [
      'no TypeScript',
      { 'credex.config.ts': 'export default {' },
      'invalid_option',
      /credex\.config\.ts cannot be run: .*ParseError/,
    ],
    [
      'one that throws, with a secret in its words',
      { 'credex.config.mjs': "throw new Error('no AKIAABCDEFGHIJKLMNOP');" },
      'invalid_option',
      /credex\.config\.mjs cannot be run: Error: no \[cut\]$/,
    ],
    [
      'an import of what is not there',
      { 'credex.config.ts': "import 'absent-x'; export default {};" },
      'invalid_option',
      /credex\.config\.ts cannot be run: .*absent-x/,
    ],
  ])('%s', async (_what, files, code, says) => {
    for (const [name, text] of Object.entries(files)) write(name, text);
    const loading = loadConfig({ directory });
    await expect(loading).rejects.toMatchObject({ code });
    await expect(loading).rejects.toThrow(says);
  });

  test('a named file that does not exist', async () => {
    await expect(loadConfig({ directory, file: 'x.ts' })).rejects.toThrow(/x\.ts cannot be read: ENOENT/);
  });

  test('an error thrown by the configuration is passed on', async () => {
    write('credex.config.ts', "throw new RangeError('mine');");
    await expect(loadConfig({ directory })).rejects.toThrow('mine');
  });
});

test('`config` cannot be combined with `directory` or `file`', async () => {
  const config = { credentials: { store: { ...AWS, provider: 'aws' } } } as const;
  await expect(loadConfig({ config, directory })).rejects.toMatchObject({ code: 'conflicting_options' });
  await expect(loadConfig({ folder: directory } as object)).rejects.toMatchObject({ option: 'folder' });
});

test('without a file system, the error says what to do instead', async () => {
  await expect(foundFile({})).rejects.toThrow(
    /no files: pass the configuration to createCredentials, or set CREDEX_CONFIG/,
  );
});

describe('the environment', () => {
  test('CREDEX_CONFIG replaces the file, and variables are applied to it', async () => {
    write('credex.config.json', JSON_TEXT);
    vi.stubEnv('CREDEX_CONFIG', JSON.stringify({ credentials: { blobs: AZURE } }));
    vi.stubEnv('CREDEX_BLOBS_SCOPES', 'https://vault.azure.net/.default');
    vi.stubEnv('CREDEX_DEFAULT', 'blobs');
    expect(await loadConfig({ directory })).toEqual({
      default: 'blobs',
      credentials: { blobs: { ...AZURE, scopes: 'https://vault.azure.net/.default' } },
    });
  });

  test('CREDEX_CONFIG is data', async () => {
    vi.stubEnv(
      'CREDEX_CONFIG',
      JSON.stringify({ credentials: { store: { ...AWS, endpoint: 'https://evil.example' } } }),
    );
    await expect(loadConfig({ directory })).rejects.toMatchObject({
      code: 'unsafe_url',
      source: 'CREDEX_CONFIG',
    });
  });

  test('is applied to a configuration from code, which may set where a token is sent', async () => {
    vi.stubEnv('CREDEX_STORE_REGION', 'eu-west-1');
    const config = {
      credentials: { store: { ...AWS, provider: 'aws', endpoint: 'https://sts.example.com' } },
    } as const;
    expect(await loadConfig({ config })).toEqual({
      credentials: { store: { ...config.credentials.store, region: 'eu-west-1' } },
    });
    vi.stubEnv('CREDEX_STORE_ENDPOINT', 'https://evil.example');
    await expect(loadConfig({ config })).rejects.toMatchObject({ code: 'unsafe_url' });
  });

  test.each(['code', 'a file of code'])(
    'a variable names no host that gets the token, whatever %s says',
    async (source) => {
      const config = { credentials: { blobs: { ...AZURE, authorityHost: 'https://login.example.com' } } };
      write('credex.config.mjs', `export default ${JSON.stringify(config)};`);
      const load = () => loadConfig(source === 'code' ? { config: config as never } : { directory });
      expect(await load()).toEqual(config);
      vi.stubEnv('CREDEX_BLOBS_AUTHORITY_HOST', 'https://evil.example');
      await expect(load()).rejects.toMatchObject({ environmentVariable: 'CREDEX_BLOBS_AUTHORITY_HOST' });
      vi.stubEnv('CREDEX_BLOBS_AUTHORITY_HOST', 'https://login.microsoftonline.us');
      expect((await load()).credentials['blobs']).toMatchObject({
        authorityHost: 'https://login.microsoftonline.us',
      });
    },
  );

  test('a wrong variable is reported by its name instead of a line', async () => {
    write('credex.config.json', JSON_TEXT);
    vi.stubEnv('CREDEX_STORE_REGION', 'europe');
    await expect(loadConfig({ directory })).rejects.toMatchObject({
      problems: [{ path: 'credentials.store.region', environmentVariable: 'CREDEX_STORE_REGION' }],
    });
  });
});

test('CREDEX_CONFIG cannot turn on the fallback to a developer’s login; a file can', async () => {
  const config = {
    credentials: {
      store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop', local: 'profile' },
    },
  };
  vi.stubEnv('CREDEX_CONFIG', JSON.stringify(config));
  await expect(loadConfig()).rejects.toThrow(/`credentials.store.local` cannot be set in CREDEX_CONFIG/);
  vi.unstubAllEnvs();
  expect((await loadConfig({ config: config as never })).credentials['store']).toMatchObject({
    local: 'profile',
  });
});
