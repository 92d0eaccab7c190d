import { createCredentialCache } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { describe, expect, it } from 'vitest';
import { getAwsCredentials } from './aws-credentials-provider.js';
import type { AwsAssumeRole, AwsCredentialsProviderOptions } from './options.js';
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

const HOP: AwsAssumeRole = { roleArn: 'arn:aws:iam::999999999999:role/far' };

/** An option that is added without a word here fails to compile. */
const SAMPLES = {
  roleArn: inKey(of('roleArn', 'arn:aws:iam::123456789012:role/a', 'arn:aws:iam::123456789012:role/b')),
  region: notInKey(of('region', 'eu-west-1', 'us-west-2')),
  roleSessionName: inKey(of('roleSessionName', undefined, 'other')),
  durationSeconds: inKey(of('durationSeconds', undefined, 3_600)),
  policy: inKey(of('policy', { Version: '2012-10-17' }, { Version: '2008-10-17' })),
  policyArns: inKey(of('policyArns', [policyA], [policyA, policyB])),
  assumeRole: inKey(of('assumeRole', undefined, [HOP])),
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

/** What an option of a role makes of the cache key: another one, always. */
const HOP_SAMPLES = {
  roleArn: ['arn:aws:iam::999999999999:role/other'],
  externalId: ['contract-7', 'contract-8'],
  tags: [{ team: 'a' }, { team: 'b' }, { Team: 'a' }],
  tagsFromClaims: [{ team: 'project' }, { team: 'owner' }],
  transitiveTagKeys: [['team']],
  sourceIdentity: ['alice', 'bob'],
  policy: [{ Version: '2012-10-17' }],
  policyArns: [[policyA], [policyB]],
  durationSeconds: [900, 3_600],
} satisfies { readonly [K in keyof Required<AwsAssumeRole>]: readonly AwsAssumeRole[K][] };

describe('the cache key of a chain', () => {
  it('is another one for each value of each option, for each role and for their order', async () => {
    const cache = createCredentialCache();
    const { fetch } = recordingFetch();
    const get = async (assumeRole: readonly AwsAssumeRole[]) => {
      const options = isolated({ cache, fetch, region: 'eu-west-1', assumeRole });
      return (await getAwsCredentials(options)).sessionToken;
    };
    const hops: readonly AwsAssumeRole[] = [
      HOP,
      ...Object.entries(HOP_SAMPLES).flatMap(([option, values]) =>
        values.map((value) => ({
          ...HOP,
          ...(option === 'transitiveTagKeys' ? { tags: { team: 'c' } } : {}),
          [option]: value,
        })),
      ),
    ];
    const other: AwsAssumeRole = { roleArn: 'arn:aws:iam::123456789012:role/other' };
    const chains = [...hops.map((hop) => [hop]), [HOP, HOP], [HOP, other], [other, HOP]];
    const first = [];
    for (const chain of chains) first.push(await get(chain));
    expect(new Set(first).size).toBe(chains.length);
    for (const [index, chain] of chains.entries()) expect(await get(chain)).toBe(first[index]);
  });
});

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
