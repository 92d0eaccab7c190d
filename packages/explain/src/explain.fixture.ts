/** Claims and policies for this folder's tests: right ones, to be made wrong one thing at a time. */

import type { TokenClaims } from './claims.js';
import { explain } from './explain.js';
import type { ExplainInput } from './explain.js';
import type { Cloud, Explanation } from './findings.js';

export const NOW = 1_800_000_000_000;
export const SUBJECT = 'owner:acme:project:shop:environment:production';
export const AUDIENCE = 'https://vercel.com/acme';
export const ISSUER = 'https://oidc.vercel.com/acme';
export const ROLE = 'arn:aws:iam::123456789012:role/shop';

export const CLAIMS: TokenClaims = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: SUBJECT,
  scope: SUBJECT,
  owner: 'acme',
  owner_id: 'team_acme',
  project: 'shop',
  project_id: 'prj_shop',
  environment: 'production',
  iat: NOW / 1000 - 60,
  nbf: NOW / 1000 - 60,
  exp: NOW / 1000 + 3_600,
};

export const HOST = 'oidc.vercel.com/acme';
export const statement = (condition: object, more: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${HOST}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: condition,
  ...more,
});
export const trust = (condition: object, more: object = {}, whole: object = {}): object => ({
  Version: '2012-10-17',
  Statement: [statement(condition, more)],
  ...whole,
});
export const EXACT: object = { StringEquals: { [`${HOST}:sub`]: SUBJECT, [`${HOST}:aud`]: AUDIENCE } };
export const subjectIs = (operator: string, value: unknown): object => ({
  [operator]: { [`${HOST}:sub`]: value },
  StringLike: { [`${HOST}:aud`]: AUDIENCE },
});

export const POOL = 'projects/123/locations/global/workloadIdentityPools/vercel';
export const provider = (more: object = {}, oidc: object = {}): object => ({
  name: `${POOL}/providers/vercel`,
  oidc: { issuerUri: ISSUER, allowedAudiences: [AUDIENCE], ...oidc },
  attributeMapping: { 'google.subject': 'assertion.sub' },
  ...more,
});
export const bound = (members: readonly string[], more: object = {}): string =>
  JSON.stringify({ bindings: [{ role: 'roles/iam.workloadIdentityUser', members, ...more }] });

export const credential = (more: object = {}): object => ({
  name: 'vercel',
  issuer: ISSUER,
  subject: SUBJECT,
  audiences: [AUDIENCE],
  ...more,
});

export const explained = async (
  cloud: Cloud,
  policy: unknown,
  more: Partial<ExplainInput> = {},
): Promise<Explanation> =>
  explain({
    cloud,
    policy: typeof policy === 'string' ? policy : JSON.stringify(policy),
    claims: CLAIMS,
    now: NOW,
    ...more,
  });
