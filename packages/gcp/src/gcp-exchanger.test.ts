import { createCredentialCache } from '@credex/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GcpCredentialsProviderOptions } from './options.js';
import { gcpCredentialsProvider } from './gcp-credentials-provider.js';
import { googleAuthLibraryExchanger } from './google-auth-library.js';
import type { Google } from './gcp.fixture.js';
import { EMAIL, STS_PATH, optionsFor, startGoogle, subjectJwt } from './gcp.fixture.js';

let google: Google;
let second: Google;
beforeAll(async () => {
  [google, second] = await Promise.all([startGoogle(), startGoogle()]);
});
afterAll(async () => {
  await Promise.all([google.close(), second.close()]);
});

type Options = GcpCredentialsProviderOptions;
interface Row<O extends keyof Options> {
  readonly belongs: 'in-key' | 'not-in-key';
  /** Two different values. They are created late, because some contain the servers' addresses. */
  readonly pair: () => readonly [Options[O], Options[O]];
}

const JWT = subjectJwt();
const [ONE, TWO] = ['one@my-project.iam.gserviceaccount.com', 'two@my-project.iam.gserviceaccount.com'];
const FETCH = (url: URL | string, init?: RequestInit) => globalThis.fetch(url, init);
const twice = <T>(value: T): readonly [T, T] => [value, value];
const audienceSource = (aud: string) => ({
  capture: () => ({
    identityKey: 'project/production',
    token: async () => {
      const { readSubjectToken } = await import('@credex/core/on-demand');
      return readSubjectToken(subjectJwt({ aud }));
    },
  }),
});

/** Which options are part of the cache key. An option that this table does not list is a compile error. */
const TABLE: { readonly [O in keyof Required<Options>]: Row<O> } = {
  projectNumber: { belongs: 'in-key', pair: () => ['111', '222'] },
  workloadIdentityPoolId: { belongs: 'in-key', pair: () => ['pool-1', 'pool-2'] },
  workloadIdentityPoolProviderId: { belongs: 'in-key', pair: () => ['provider-1', 'provider-2'] },
  serviceAccountEmail: { belongs: 'in-key', pair: () => [EMAIL, 'other@my-project.iam.gserviceaccount.com'] },
  delegates: {
    belongs: 'in-key',
    pair: () => [
      [ONE, TWO],
      [TWO, ONE],
    ],
  },
  scopes: { belongs: 'in-key', pair: () => ['openid', 'openid email'] },
  lifetimeSeconds: { belongs: 'in-key', pair: () => [3600, 1800] },
  universeDomain: { belongs: 'in-key', pair: () => ['googleapis.com', 'apis-tpclp.goog'] },
  stsEndpoint: { belongs: 'in-key', pair: () => [google.origin, second.origin] },
  iamCredentialsEndpoint: { belongs: 'in-key', pair: () => [google.origin, second.origin] },
  audience: { belongs: 'in-key', pair: () => ['https://a.example', 'https://b.example'] },
  expect: { belongs: 'in-key', pair: () => [{ owner: 'acme' }, { project: 'shop' }] },
  tokenSource: { belongs: 'in-key', pair: () => [() => JWT, () => subjectJwt({ sub: 'owner:other' })] },
  // The cache is where a credential is stored, not part of its key.
  store: { belongs: 'not-in-key', pair: () => twice(undefined) },
  cache: { belongs: 'not-in-key', pair: () => twice(createCredentialCache()) },
  projectId: { belongs: 'not-in-key', pair: () => ['project-one', 'project-two'] },
  quotaProjectId: { belongs: 'not-in-key', pair: () => ['project-one', 'project-two'] },
  allowLoopbackHttp: { belongs: 'not-in-key', pair: () => [true, true] },
  exchanger: { belongs: 'not-in-key', pair: () => [undefined, googleAuthLibraryExchanger()] },
  timeoutMs: { belongs: 'not-in-key', pair: () => [5_000, 6_000] },
  minValidityMs: { belongs: 'not-in-key', pair: () => [undefined, 60_000] },
  fetch: { belongs: 'not-in-key', pair: () => [undefined, FETCH] },
  clock: {
    belongs: 'not-in-key',
    pair: () => [undefined, { now: () => Date.now(), monotonic: () => performance.now() }],
  },
  random: { belongs: 'not-in-key', pair: () => [() => 0.1, () => 0.9] },
  onEvent: { belongs: 'not-in-key', pair: () => [undefined, () => undefined] },
  invocation: { belongs: 'not-in-key', pair: () => [undefined, () => undefined] },
};

async function exchangesFor(option: keyof Options, values: readonly unknown[]): Promise<number> {
  const cache = createCredentialCache();
  const before = google.of(STS_PATH).length + second.of(STS_PATH).length;
  for (const value of values) {
    const base: Options = optionsFor(google, { serviceAccountEmail: EMAIL, tokenSource: () => JWT }, cache);
    const source = option === 'audience' ? { tokenSource: audienceSource(String(value)) } : {};
    const claims = option === 'expect' ? { tokenSource: () => CLAIMED } : {};
    await gcpCredentialsProvider({ ...base, ...source, ...claims, [option]: value }).getCredentials();
  }
  return google.of(STS_PATH).length + second.of(STS_PATH).length - before;
}

const CLAIMED = subjectJwt({ owner: 'acme', project: 'shop' });

test.each(Object.entries(TABLE))('%s', async (name, { belongs, pair }) => {
  const option = name as keyof Options;
  const [one] = pair();
  expect(await exchangesFor(option, [one, one])).toBe(1);
  const [first, another] = pair();
  expect(await exchangesFor(option, [first, another])).toBe(belongs === 'in-key' ? 2 : 1);
});

test('another spelling of the same request has the same key', async () => {
  expect(await exchangesFor('scopes', ['openid email', ['email', 'openid', 'email']])).toBe(1);
  expect(await exchangesFor('lifetimeSeconds', [undefined, 3600])).toBe(1);
  expect(await exchangesFor('delegates', [[ONE], [`projects/-/serviceAccounts/${ONE}`]])).toBe(1);
  expect(await exchangesFor('delegates', [undefined, [ONE], [ONE, ONE]])).toBe(3);
  expect(await exchangesFor('stsEndpoint', [google.origin, `${google.origin}/`])).toBe(1);
});
