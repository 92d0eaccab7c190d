/** Claims and policies that accept them, for the tests of the commands. */

export const SUBJECT = 'owner:acme:project:shop:environment:production';
const ISSUER = 'https://oidc.vercel.com/acme';
const AUDIENCE = 'https://vercel.com/acme';

export const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: SUBJECT,
  owner: 'acme',
  project: 'shop',
  environment: 'production',
  iat: 1_799_999_940,
  exp: 1_800_003_600,
};

export const EXACT: object = {
  StringEquals: { 'oidc.vercel.com/acme:sub': SUBJECT, 'oidc.vercel.com/acme:aud': AUDIENCE },
};

export const trust = (condition: object): object => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com/acme' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: condition,
    },
  ],
});

export const POOL = 'projects/123/locations/global/workloadIdentityPools/vercel';

export const provider = (): object => ({
  name: `${POOL}/providers/vercel`,
  oidc: { issuerUri: ISSUER, allowedAudiences: [AUDIENCE] },
  attributeMapping: { 'google.subject': 'assertion.sub' },
});

export const bound = (members: readonly string[]): string =>
  JSON.stringify({ bindings: [{ role: 'roles/iam.workloadIdentityUser', members }] });

export const credential = (more: object = {}): object => ({
  name: 'vercel',
  issuer: ISSUER,
  subject: SUBJECT,
  audiences: [AUDIENCE],
  ...more,
});
