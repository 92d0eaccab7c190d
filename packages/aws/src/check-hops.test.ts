import { OptionError } from '@credex/core';
import { describe, expect, it } from 'vitest';
import { awsCredentialsProvider } from './aws-credentials-provider.js';
import { awsExchanger } from './aws-exchanger.js';
import type { AwsConfiguration, AwsExchangerFactory } from './types.js';
import type { AwsAssumeRole, AwsCredentialsProviderOptions } from './options.js';
import { isolated, recordingFetch, rejection, thrownBy } from './aws.fixture.js';

const roleArn = 'arn:aws:iam::999999999999:role/far';
const tagged = { roleArn, tags: { team: 'a' }, transitiveTagKeys: ['team'] };

/** What is wrong, the option that the error names, and a part of its message. */
const WRONG: readonly (readonly [
  assumeRole: unknown,
  option: string,
  message: RegExp,
  hasOwnExchanger?: boolean,
])[] = [
  [[], 'assumeRole', /must be a list of 1 to 5 roles, each an object with `roleArn`/],
  ['role', 'assumeRole', /must be a list of 1 to 5 roles/],
  [7, 'assumeRole', /must be a list of 1 to 5 roles/],
  ...[null, '', false, 0].map((falsy) => [falsy, 'assumeRole', /1 to 5 roles/] as const),
  [[null], 'assumeRole', /must be a list of 1 to 5 roles/],
  [Array.from({ length: 6 }, () => ({ roleArn })), 'assumeRole', /1 to 5 roles/],
  [[{}], 'assumeRole[0].roleArn', /`assumeRole\[0\]\.roleArn` is missing: pass it/],
  [[{ roleArn: 'arn:aws:iam::1:role/x' }], 'assumeRole[0].roleArn', /the ARN of a role/],
  [
    [{ roleArn: 'arn:aws-cn:iam::999999999999:role/x' }],
    'assumeRole[0].roleArn',
    /in its own partition only/,
  ],
  [[{ roleArn, external: 'x' }], 'external', /assumeRole\[0\] knows no option `external`.*externalId/],
  [[{ roleArn, externalId: 'a b' }], 'assumeRole[0].externalId', /2 to 1,224 characters/],
  [[{ roleArn, durationSeconds: 3_601 }], 'assumeRole[0].durationSeconds', /from 900 to 3600/],
  [[{ roleArn, durationSeconds: '900' }], 'assumeRole[0].durationSeconds', /from 900 to 3600/],
  [[{ roleArn, tags: ['team'] }], 'assumeRole[0].tags', /an object of keys and text/],
  [[{ roleArn, tags: { 'aws:team': 'a' } }], 'assumeRole[0].tags', /not beginning with aws:/],
  [[{ roleArn, tags: { team: 'a;b' } }], 'assumeRole[0].tags.team', /letters, digits, spaces/],
  [[{ roleArn, tags: { team: 7 } }], 'assumeRole[0].tags.team', /letters, digits, spaces/],
  [[{ roleArn, tags: { team: 'a', Team: 'b' } }], 'assumeRole[0].tags', /has the key Team twice/],
  [
    [{ roleArn, tags: { team: 'a' }, tagsFromClaims: { TEAM: 'owner' } }],
    'assumeRole[0].tags',
    /has the key TEAM twice/,
  ],
  [
    [{ roleArn, tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`t${n}`, 'v'])) }],
    'assumeRole[0].tags',
    /has 51 tags; STS takes 50/,
  ],
  [[{ roleArn, transitiveTagKeys: ['team'] }], 'assumeRole[0].transitiveTagKeys', /is no tag of this role/],
  [
    [{ roleArn, tags: { team: 'a' }, transitiveTagKeys: ['team', 'TEAM'] }],
    'assumeRole[0].transitiveTagKeys',
    /has the key TEAM twice/,
  ],
  [[tagged, { roleArn, tags: { Team: 'b' } }], 'assumeRole[1].tags', /which an earlier role passes on/],
  [[tagged, { roleArn }, tagged], 'assumeRole[2].tags', /which an earlier role passes on/],
  [
    [{ roleArn }, { roleArn, sourceIdentity: 'alice' }],
    'assumeRole[1].sourceIdentity',
    /in the first role alone/,
  ],
  [[{ roleArn, sourceIdentity: 'aws:alice' }], 'assumeRole[0].sourceIdentity', /2 to 64 characters/],
  [[{ roleArn }, { roleArn, policy: '[]' }], 'assumeRole[1].policy', /an IAM policy/],
  [[{ roleArn, policyArns: ['x'] }], 'assumeRole[0].policyArns', /the ARN of a managed policy/],
  [
    [{ roleArn, policy: { a: 'x'.repeat(2_048) } }],
    'assumeRole[0].policy',
    /together must have at most 2048 characters/,
  ],
  [[{ roleArn, tagsFromClaims: { who: 'sub' } }], 'tagsFromClaims', /which may differ between tokens/],
  [[{ roleArn }], 'assumeRole', /needs an `exchanger` that makes AssumeRole requests/, true],
];

/** An exchanger of an author who knows no chains. */
function customExchanger(configuration: AwsConfiguration): ReturnType<AwsExchangerFactory> {
  return awsExchanger(configuration, () => Promise.reject(new TypeError('It is not called.')));
}

describe('assumeRole', () => {
  it.each(WRONG)('%j is refused before any request', async (assumeRole, option, message, hasOwnExchanger) => {
    const { sent, fetch } = recordingFetch();
    const options = isolated({
      fetch,
      region: 'eu-west-1',
      assumeRole: assumeRole as readonly AwsAssumeRole[],
      exchanger: hasOwnExchanger === true ? customExchanger : undefined,
    });
    const error = await rejection(awsCredentialsProvider(options)());
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option });
    expect((error as OptionError).message).toMatch(message as RegExp);
    expect(sent).toEqual([]);
  });

  it('takes the most that STS takes', async () => {
    const { sent, fetch } = recordingFetch();
    const tags = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [`tag ${n} é`, '_.:/=+-@'.repeat(32)]),
    );
    const hop = { roleArn, tags, externalId: 'x'.repeat(1_224), durationSeconds: 3_600 };
    await awsCredentialsProvider(isolated({ fetch, region: 'eu-west-1', assumeRole: [hop] }))();
    expect(sent).toHaveLength(2);
  });

  it('allows for minValidityMs and the refresh window what the last role lasts', () => {
    const last = (durationSeconds: number, more: AwsCredentialsProviderOptions = {}) =>
      awsCredentialsProvider(isolated({ assumeRole: [{ roleArn }, { roleArn, durationSeconds }], ...more }));
    expect(thrownBy(() => last(900, { minValidityMs: 450_000 }))).toMatchObject({ option: 'minValidityMs' });
    expect(() => last(1_800, { minValidityMs: 450_000, durationSeconds: 900 })).not.toThrow();
  });
});
