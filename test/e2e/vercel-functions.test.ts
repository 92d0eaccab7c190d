/** `getVercelOidcToken` of Vercel's own package as a token source: libraries call with arguments, and it never sees them. */

import { getVercelOidcToken } from '@vercel/functions/oidc';
import { awsCredentialsProvider } from '@credex/aws';
import { azureCredentialsProvider } from '@credex/azure';
import { gcpCredentialsProvider } from '@credex/gcp';
import { vercelFunctionsInvocation, vercelFunctionsTokenSource } from '@credex/vercel/functions';
import { expect, test, vi } from 'vitest';
import { AWS, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import { WAYS, by } from '../support/ways.js';

const fixture = useFixture();

/** A call of each provider as its cloud's clients make it, with what they pass. */
const CALLS = {
  aws: async (options: object) =>
    (
      await awsCredentialsProvider({ ...fixture.options.aws, ...options })({
        audience: 'https://other.example',
      })
    ).accountId,
  gcp: async (options: object) =>
    (await gcpCredentialsProvider({ ...fixture.options.gcp, ...options }).getCredentials()).principal,
  azure: async (options: object) => {
    const credential = azureCredentialsProvider({ ...fixture.options.azure, ...options });
    return (
      (await credential.getToken('https://storage.azure.com/.default', { claims: undefined })).token !== ''
    );
  },
};
const CREDENTIALS = { aws: AWS.accountId, gcp: GCP.serviceAccountEmail, azure: true };
const cases = (['aws', 'gcp', 'azure'] as const).flatMap((cloud) => WAYS.map((way) => ({ cloud, way })));

test.each(cases)(
  '$cloud, $way: a function as `tokenSource` is called without arguments',
  async ({ cloud, way }) => {
    const tokenSource = vi.fn(async (...args: readonly unknown[]) => getVercelOidcToken(...(args as [])));
    const token = await fixture.mint();
    const options = { ...by(way, cloud, fixture.emulator), tokenSource };
    expect(await fixture.inRequest(token, () => CALLS[cloud](options))).toBe(CREDENTIALS[cloud]);
    expect(tokenSource.mock.calls.length).toBeGreaterThan(0);
    expect(tokenSource.mock.calls.flat()).toEqual([]);
  },
);

test.each(['aws', 'gcp', 'azure'] as const)('%s through @credex/vercel/functions', async (cloud) => {
  const token = await fixture.mint();
  const options = {
    tokenSource: vercelFunctionsTokenSource({ expect: { environment: 'production' } }),
    invocation: vercelFunctionsInvocation,
  };
  const handed: unknown[] = [];
  const context = {
    deadline: Date.now() + 60_000,
    waitUntil: (work: Promise<unknown>) => void handed.push(work),
  };
  expect(await fixture.inRequest(token, () => CALLS[cloud](options), context)).toBe(CREDENTIALS[cloud]);
});

test('an invocation that ends too soon for an exchange is heeded', async () => {
  const token = await fixture.mint();
  const call = () =>
    CALLS.aws({
      tokenSource: vercelFunctionsTokenSource(),
      invocation: vercelFunctionsInvocation,
      audience: 'x',
    });
  const context = { deadline: Date.now() - 1 };
  await expect(fixture.inRequest(token, call, context)).rejects.toMatchObject({ code: 'timeout' });
});
