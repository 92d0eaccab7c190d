import { createCredentialCache } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { describe, expect, it } from 'vitest';
import { getAwsCredentials } from './aws-credentials-provider.js';
import type { AwsCredentialsProviderOptions } from './options.js';
import {
  clockAt,
  isolated,
  issuedXml,
  recordingFetch,
  stubbedClient,
  subjectJwt,
  tokenSource,
} from './aws.fixture.js';
import { clientStsExchanger } from './client-sts.js';

type Options = AwsCredentialsProviderOptions;

interface Sample {
  readonly key: 'in-key' | 'not-in-key';
  /** Two values of the option, and the options that it needs. */
  readonly values: readonly [Options, Options];
}

const of = <K extends keyof Options>(option: K, a: Options[K], b: Options[K], beside: Options = {}) =>
  [
    { ...beside, [option]: a },
    { ...beside, [option]: b },
  ] as const;

const inKey = (values: Sample['values']): Sample => ({ key: 'in-key', values });
const notInKey = (values: Sample['values']): Sample => ({ key: 'not-in-key', values });

const anyAudience: Options = {
  tokenSource: {
    capture: () => ({ identityKey: 'p', token: () => Promise.resolve(readSubjectToken(subjectJwt())) }),
  },
};
const endpoint = 'https://sts.example.com';
const policyA = 'arn:aws:iam::aws:policy/A';
const policyB = 'arn:aws:iam::aws:policy/B';
/** Told from the fetch by the credential that comes back. */
const { client } = stubbedClient(() => ({ body: issuedXml({ n: 99 }) }));
const withClient = { fetch: undefined, region: undefined, exchanger: clientStsExchanger({ client }) };

/** An option that is added without a word here fails to compile. */
const SAMPLES = {
  roleArn: inKey(of('roleArn', 'arn:aws:iam::123456789012:role/a', 'arn:aws:iam::123456789012:role/b')),
  region: notInKey(of('region', 'eu-west-1', 'us-west-2')),
  roleSessionName: inKey(of('roleSessionName', undefined, 'other')),
  durationSeconds: inKey(of('durationSeconds', undefined, 3_600)),
  policy: inKey(of('policy', { Version: '2012-10-17' }, { Version: '2008-10-17' })),
  policyArns: inKey(of('policyArns', [policyA], [policyA, policyB])),
  endpoint: inKey(of('endpoint', undefined, endpoint)),
  useFipsEndpoint: inKey(of('useFipsEndpoint', false, true, { region: 'us-east-1' })),
  useDualstackEndpoint: notInKey(of('useDualstackEndpoint', false, true)),
  allowUnboundResponse: inKey(of('allowUnboundResponse', false, true)),
  allowLoopbackHttp: notInKey(of('allowLoopbackHttp', false, true, { endpoint })),
  exchanger: inKey([{}, withClient]),
  tokenSource: inKey(of('tokenSource', tokenSource('a'), tokenSource('b'))),
  audience: inKey(of('audience', undefined, 'https://aws.example', anyAudience)),
  expect: inKey(of('expect', undefined, { projectId: 'prj_1' })),
  // The key's place, no part of it: all that follows happens in one.
  cache: notInKey([{}, {}]),
  // Two caches in one process: providers with a store and without never share an entry.
  store: notInKey([{}, {}]),
  timeoutMs: notInKey(of('timeoutMs', 5_000, 6_000)),
  minValidityMs: notInKey(of('minValidityMs', undefined, 60_000)),
  fetch: notInKey(of('fetch', recordingFetch().fetch, recordingFetch().fetch)),
  clock: notInKey(of('clock', clockAt(), clockAt())),
  random: notInKey(
    of(
      'random',
      () => 0,
      () => 0.5,
    ),
  ),
  onEvent: notInKey(of('onEvent', undefined, () => undefined)),
  invocation: notInKey(of('invocation', undefined, () => undefined)),
} satisfies Record<keyof Required<Options>, Sample>;

describe('the cache key', () => {
  it.each(Object.entries(SAMPLES) as [string, Sample][])('%s', async (_option, { key, values }) => {
    const cache = createCredentialCache();
    const { fetch } = recordingFetch();
    const got = [];
    for (const value of [values[0], values[1], values[0]]) {
      got.push(await getAwsCredentials(isolated({ cache, fetch, region: 'eu-west-1', ...value })));
    }
    const [first, second, again] = got.map(({ sessionToken }) => sessionToken);
    expect(again).toBe(first);
    expect(second === first ? 'not-in-key' : 'in-key').toBe(key);
  });

  it('takes two ways of saying one thing for one', async () => {
    const cache = createCredentialCache();
    const { sent, fetch } = recordingFetch();
    const get = (more: Options) =>
      getAwsCredentials(isolated({ cache, fetch, region: 'eu-west-1', ...more }));
    await get({ policy: { a: 1, b: 2 }, policyArns: [policyA, policyB] });
    await get({ policy: '{ "b": 2, "a": 1 }', policyArns: [policyB, policyA, policyB] });
    expect(sent).toHaveLength(1);
  });
});
