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

  test('one of another name', async () => {
    write('other.json', JSON_TEXT);
    expect(await loadConfig({ directory, file: 'other.json' })).toEqual({ credentials: { store: AWS } });
  });

  test('is read anew each time', async () => {
    write('credex.config.ts', CODE);
    await loadConfig({ directory });
    write('credex.config.ts', CODE.replace('role/shop', 'role/other'));
    const { credentials } = await loadConfig({ directory });
    expect(credentials['store']).toMatchObject({ roleArn: 'arn:aws:iam::123456789012:role/other' });
  });

  test('TypeScript may say where a token goes; its problems name the key', async () => {
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
      /none of credex\.config\.ts, .*credex\.config\.json in .*set CREDEX_CONFIG/,
    ],
    [
      'two',
      { 'credex.config.ts': CODE, 'credex.config.json': JSON_TEXT },
      'conflicting_options',
      /ts and credex\.config\.json are both/,
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
      /credex\.config\.ts can not be run: .*ParseError/,
    ],
    [
      'one that throws, with a secret in its words',
      { 'credex.config.mjs': "throw new Error('no AKIAABCDEFGHIJKLMNOP');" },
      'invalid_option',
      /credex\.config\.mjs can not be run: Error: no \[cut\]$/,
    ],
    [
      'an import of what is not there',
      { 'credex.config.ts': "import 'absent-x'; export default {};" },
      'invalid_option',
      /credex\.config\.ts can not be run: .*absent-x/,
    ],
  ])('%s', async (_what, files, code, says) => {
    for (const [name, text] of Object.entries(files)) write(name, text);
    const loading = loadConfig({ directory });
    await expect(loading).rejects.toMatchObject({ code });
    await expect(loading).rejects.toThrow(says);
  });

  test('one that is named and not there', async () => {
    await expect(loadConfig({ directory, file: 'x.ts' })).rejects.toThrow(/x\.ts can not be read: ENOENT/);
  });

  test('what the code throws is its own', async () => {
    write('credex.config.ts', "throw new RangeError('mine');");
    await expect(loadConfig({ directory })).rejects.toThrow('mine');
  });
});

test('a configuration and a place to look for one are two answers', async () => {
  const config = { credentials: { store: { ...AWS, provider: 'aws' } } } as const;
  await expect(loadConfig({ config, directory })).rejects.toMatchObject({ code: 'conflicting_options' });
  await expect(loadConfig({ folder: directory } as object)).rejects.toMatchObject({ option: 'folder' });
});

test('where there are no files, what to do instead', async () => {
  await expect(foundFile({})).rejects.toThrow(
    /no files: pass the configuration to createCredentials, or set CREDEX_CONFIG/,
  );
});

describe('the environment', () => {
  test('CREDEX_CONFIG takes the place of the file, and variables are laid over it', async () => {
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

  test('is laid over a configuration of code, which may say where a token goes', async () => {
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

  test('one that is wrong is named, and placed by its variable rather than a line', async () => {
    write('credex.config.json', JSON_TEXT);
    vi.stubEnv('CREDEX_STORE_REGION', 'europe');
    await expect(loadConfig({ directory })).rejects.toMatchObject({
      problems: [{ path: 'credentials.store.region', environmentVariable: 'CREDEX_STORE_REGION' }],
    });
  });
});

test('CREDEX_CONFIG can not switch on the fallback to a developer’s login; a file can', async () => {
  const config = {
    credentials: {
      store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop', local: 'profile' },
    },
  };
  vi.stubEnv('CREDEX_CONFIG', JSON.stringify(config));
  await expect(loadConfig()).rejects.toThrow(/`credentials.store.local` can not be said by CREDEX_CONFIG/);
  vi.unstubAllEnvs();
  expect((await loadConfig({ config: config as never })).credentials['store']).toMatchObject({
    local: 'profile',
  });
});
