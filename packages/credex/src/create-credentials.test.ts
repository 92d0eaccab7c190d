import type { CredentialEvent } from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigError } from '@credex/config';
import { AWS, AZURE, GCP } from './entries.fixture.js';
import { createCredentials, getCredentials } from './create-credentials.js';
import { defineConfig } from '@credex/config';
import type { Config } from '@credex/config';

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/^(AWS|GCP|AZURE|VERCEL|CREDEX)_?/.test(name)) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const config = defineConfig({
  default: 'store',
  credentials: {
    store: { ...AWS, provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' },
    data: { ...GCP, provider: 'gcp' },
    blobs: { ...AZURE, provider: 'azure' },
  },
});

/** A token of this environment that is valid enough for the check of `expect`. */
function token(environment: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: 'https://oidc.vercel.com/acme', environment, exp: 4_102_444_800 };
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

describe('get', () => {
  test('returns the provider of each cloud in its own shape', async () => {
    const credentials = createCredentials(config);
    expect(typeof (await credentials.get('store'))).toBe('function');
    expect(typeof (await credentials.get('data')).getAccessToken).toBe('function');
    expect(typeof (await credentials.get('blobs')).getToken).toBe('function');
  });

  test('returns one provider for each name to concurrent callers', async () => {
    const credentials = createCredentials(config);
    const all = await Promise.all(Array.from({ length: 50 }, () => credentials.get('store')));
    expect(new Set(all).size).toBe(1);
    expect(await credentials.get()).toBe(all[0]);
    expect(await createCredentials(config).get()).not.toBe(all[0]);
  });

  test('passes settings on: the shared ones, those of the cloud, overridden by the entry', async () => {
    const events: CredentialEvent[] = [];
    const credentials = createCredentials(config, {
      tokenSource: () => 'no token',
      onEvent: (event) => events.push(event),
    });
    await expect(credentials.getCredentials('store')).rejects.toMatchObject({
      code: 'invalid_subject_token',
    });
    const other = createCredentials(config, { aws: { endpoint: 'http://127.0.0.1:9' } });
    await expect(other.get('store')).rejects.toMatchObject({
      code: 'unsafe_url',
      option: 'credentials.store.endpoint',
    });
  });

  test('refuses an unknown name', async () => {
    const wide: Config = config;
    await expect(createCredentials(wide).get('stroe')).rejects.toThrow(
      /It has store, data, blobs\. Did you mean `store`/,
    );
    await expect(createCredentials(wide).get('toString')).rejects.toMatchObject({ code: 'invalid_option' });
    const { credentials } = wide;
    await expect(createCredentials({ credentials } as Config).get()).rejects.toMatchObject({
      code: 'missing_option',
      environmentVariable: 'CREDEX_DEFAULT',
    });
  });

  test('conflicting options are reported with their key', async () => {
    const both = { ...config.credentials.store, useFipsEndpoint: true, endpoint: 'https://sts.example.com' };
    const promise = createCredentials({ credentials: { store: both } }).get('store');
    await expect(promise).rejects.toMatchObject({
      code: 'conflicting_options',
      problems: [{ path: 'credentials.store.endpoint' }],
    });
  });

  test('checks a configuration that is passed in immediately', () => {
    const wrong = { credentials: { store: { provider: 'aws', roleArn: 'shop' } } } as const;
    expect(() => createCredentials(wrong)).toThrow(ConfigError);
    expect(() => createCredentials(config, { awz: {} } as object)).toThrow(/no option `awz`/);
    expect(() => createCredentials(config, { aws: { roleArn: 'x' } } as object)).toThrow(
      /no option `roleArn`/,
    );
  });

  test('environment variables do not change a configuration that is passed in', async () => {
    vi.stubEnv('CREDEX_DEFAULT', 'data');
    vi.stubEnv('CREDEX_STORE_ROLE_ARN', 'nonsense');
    expect(typeof (await createCredentials(config).get())).toBe('function');
  });
});

describe('authorize', () => {
  test('an unknown name causes one rejection, and no unhandled one', async () => {
    const wide: Config = config;
    await expect(createCredentials(wide).authorize('https://example.com', { name: 'x' })).rejects.toThrow(
      /no credential named/,
    );
  });

  test('refuses a URL before it searches for a token', async () => {
    const promise = createCredentials(config).authorize('https://example.com/', { name: 'data' });
    await expect(promise).rejects.toMatchObject({ code: 'unsafe_url', option: 'request' });
    const good = createCredentials(config).authorize('https://storage.googleapis.com/', { name: 'data' });
    await expect(good).rejects.toMatchObject({ code: 'no_subject_token' });
  });
});

describe('without a configuration', () => {
  const inEmptyFolder = async (run: () => Promise<void>): Promise<void> => {
    const empty = mkdtempSync(join(tmpdir(), 'credex-none-'));
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(empty);
    await run().finally(() => {
      cwd.mockRestore();
      rmSync(empty, { recursive: true });
    });
  };

  test('throws immediately, and explains what to do in a bundled function', () =>
    inEmptyFolder(async () => {
      let thrown: unknown;
      try {
        createCredentials();
      } catch (error) {
        thrown = error;
      }
      expect(ConfigError.isInstance(thrown)).toBe(true);
      expect(thrown).toMatchObject({
        code: 'missing_option',
        option: 'config',
        environmentVariable: 'CREDEX_CONFIG',
      });
      expect((thrown as Error).message).toMatch(/A bundled function .* call createCredentials\(config\)/);
      await expect(getCredentials('store')).rejects.toMatchObject({ option: 'config' });
    }));

  test('throws on a runtime without files, and on one where `process` throws', () => {
    for (const getBuiltinModule of [
      undefined,
      () => {
        throw new Error('A Node.js API is used');
      },
    ]) {
      vi.stubGlobal('process', { env: {}, getBuiltinModule });
      try {
        expect(() => createCredentials()).toThrow(/this runtime has no files/);
      } finally {
        vi.unstubAllGlobals();
      }
    }
  });

  test('the first call reads the configuration; after a failure the next call reads it again', () =>
    inEmptyFolder(async () => {
      vi.stubEnv('CREDEX_CONFIG', '{');
      const credentials = createCredentials();
      await expect(credentials.get('store')).rejects.toSatisfy(ConfigError.isInstance);
      vi.stubEnv('CREDEX_CONFIG', JSON.stringify(config));
      expect(typeof (await credentials.get('store'))).toBe('function');
      vi.stubEnv('CREDEX_CONFIG', undefined);
      expect(typeof (await credentials.get('data'))).toBe('object');
      expect(await credentials.get()).toBe(await credentials.get('store'));
    }));

  test('getCredentials reads the configuration on each call', async () => {
    vi.stubEnv('CREDEX_CONFIG', JSON.stringify(config));
    await expect(getCredentials('store')).rejects.toMatchObject({ code: 'no_subject_token' });
    await expect(getCredentials()).rejects.toMatchObject({ code: 'no_subject_token' });
    await expect(getCredentials('other')).rejects.toThrow(OptionError);
  });
});

describe('when', () => {
  const varied = defineConfig({
    credentials: {
      store: [
        { ...config.credentials.store, when: { environment: 'production' } },
        { ...config.credentials.data, when: { environment: ['preview', 'development'] } },
      ],
      audit: { ...config.credentials.store, when: { environment: 'production' } },
    },
  });

  test.each([
    [{ VERCEL_ENV: 'production' }, 'function'],
    [{ VERCEL_ENV: 'preview' }, 'object'],
    [{}, 'object'],
    [{ VERCEL_ENV: 'preview', VERCEL_TARGET_ENV: 'production' }, 'function'],
  ])('%o', async (environment, type) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    expect(typeof (await createCredentials(varied).get('store'))).toBe(type);
  });

  test('for an environment without an entry, names the environments that have one', async () => {
    vi.stubEnv('VERCEL_TARGET_ENV', 'staging');
    vi.stubEnv('VERCEL_ENV', 'preview');
    const credentials = createCredentials(varied);
    await expect(credentials.get('store')).rejects.toThrow(
      /`credentials\.store` has no entry for the environment staging .*only for production, preview, development/,
    );
    vi.stubEnv('VERCEL_TARGET_ENV', 'development');
    // The environment is fixed when the credentials are created.
    await expect(credentials.get('audit')).rejects.toThrow(/environment staging/);
  });

  test('refuses a token of another environment before a request is sent', async () => {
    vi.stubEnv('VERCEL_ENV', 'production');
    const sent = vi.fn<() => Promise<Response>>();
    const settings = { fetch: sent, tokenSource: () => token('preview') };
    const refused = createCredentials(varied, settings).getCredentials('audit');
    await expect(refused).rejects.toSatisfy(FederationError.isInstance);
    await expect(refused).rejects.toMatchObject({ code: 'subject_mismatch' });
    expect(sent).not.toHaveBeenCalled();
  });
});
