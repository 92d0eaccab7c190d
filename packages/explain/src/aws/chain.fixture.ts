/** Chains of two roles for this folder's tests: the second one has the trust policy in question. */

import type { ExplainInput } from '../explain.js';
import { EXACT, ROLE, explained, trust } from '../explain.fixture.js';
import type { Explanation } from '../findings.js';

export const NEXT = 'arn:aws:iam::123456789012:role/next';
export const FAR = 'arn:aws:iam::999999999999:role/far';
export const ALL = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];

export const trusting = (Condition?: object, more: object = {}): object => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: ROLE },
      Action: 'sts:AssumeRole',
      ...(Condition === undefined ? {} : { Condition }),
      ...more,
    },
  ],
});

/** `aws iam get-role` of the first role, which has no tags. */
export const FIRST = { Role: { Arn: ROLE, AssumeRolePolicyDocument: trust(EXACT) } };

export const chain = (
  roles: readonly object[],
  policies: readonly object[],
  more: Partial<ExplainInput> = {},
): Promise<Explanation> =>
  explained('aws', FIRST, {
    assumeRole: JSON.stringify(roles),
    hopPolicies: policies.map((policy) => JSON.stringify(policy)),
    ...more,
  });
export const codes = ({ findings }: Explanation): string[] =>
  findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
export const one = async (
  role: object,
  policy: object,
  more: Partial<ExplainInput> = {},
): Promise<readonly string[]> => {
  const explanation = await chain([{ roleArn: NEXT, ...role }], [policy], more);
  return [explanation.verdict, ...codes(explanation)];
};
