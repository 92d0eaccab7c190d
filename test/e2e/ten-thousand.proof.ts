/** Ten thousand cold callers of one process, with default options but for where the clouds are. */

import { awsCredentialsProvider } from '@credex/aws';
import { azureCredentialsProvider } from '@credex/azure';
import { createCredentialCache } from '@credex/core';
import { gcpCredentialsProvider } from '@credex/gcp';
import type { ServiceName } from '@credex/testing/emulator';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { clearEnvironment, setDeployment } from '../support/environment.js';
import type { Fixture } from '../support/fixture.js';
import { FIXTURE_START_MS, startFixture } from '../support/fixture.js';

const CALLERS = 10_000;
const BOUND_MS = 60_000;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
}, FIXTURE_START_MS);
afterAll(async () => {
  vi.unstubAllEnvs();
  await fixture.close();
});
beforeEach(() => {
  clearEnvironment();
  setDeployment();
  fixture.emulator.log.clear();
});

const requests = (service: ServiceName): number => fixture.emulator.log.count(service);

async function callers<T>(call: (index: number) => Promise<T>): Promise<T[]> {
  const token = await fixture.mint();
  return Promise.all(
    Array.from({ length: CALLERS }, (_, index) => fixture.inRequest(token, () => call(index))),
  );
}

test(
  'AWS: one exchange',
  async () => {
    const provider = awsCredentialsProvider({ ...fixture.options.aws, cache: createCredentialCache() });
    const keys = await callers(async () => (await provider()).accessKeyId);
    expect(new Set(keys).size).toBe(1);
    expect(requests('aws-sts')).toBe(1);
  },
  BOUND_MS,
);

test(
  'Google Cloud: one exchange, and one impersonation',
  async () => {
    const provider = gcpCredentialsProvider({ ...fixture.options.gcp, cache: createCredentialCache() });
    const tokens = await callers(async () => (await provider.getCredentials()).accessToken);
    expect(new Set(tokens).size).toBe(1);
    expect([requests('gcp-sts'), requests('gcp-iam-credentials')]).toEqual([1, 1]);
  },
  BOUND_MS,
);

test(
  'Azure: one exchange for each scope, and each caller its own',
  async () => {
    const provider = azureCredentialsProvider({ ...fixture.options.azure, cache: createCredentialCache() });
    const scopes = ['https://storage.azure.com/.default', 'https://vault.azure.net/.default'];
    const tokens = await callers(async (index) => {
      const scope = scopes[index % 2] as string;
      return { scope, token: (await provider.getToken(scope)).token };
    });
    for (const scope of scopes) {
      const own = new Set(tokens.filter((got) => got.scope === scope).map(({ token }) => token));
      expect(own.size).toBe(1);
      const [token = ''] = own;
      const claims = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as {
        aud: string;
      };
      expect(scope.startsWith(claims.aud)).toBe(true);
    }
    expect(requests('entra')).toBe(2);
  },
  BOUND_MS,
);
