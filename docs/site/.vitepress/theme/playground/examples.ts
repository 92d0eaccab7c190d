/** What the page shows first: a token's claims, and for each cloud a policy with one common mistake. */

const TEAM = 'acme';
const ISSUER = `https://oidc.vercel.com/${TEAM}`;
const AUDIENCE = `https://vercel.com/${TEAM}`;
const SUBJECT = `owner:${TEAM}:project:shop:environment:production`;
const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

export const CLAIMS = pretty({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: SUBJECT,
  owner: TEAM,
  owner_id: 'team_acme',
  project: 'shop',
  project_id: 'prj_shop',
  environment: 'production',
  iat: 1_795_000_000,
  nbf: 1_795_000_000,
  exp: 1_795_007_200,
});

export const POLICIES: Readonly<Record<string, string>> = {
  aws: pretty({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com/${TEAM}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`oidc.vercel.com/${TEAM}:aud`]: AUDIENCE,
            [`oidc.vercel.com/${TEAM}:sub`]: `owner:${TEAM}:project:shop:*`,
          },
        },
      },
    ],
  }),
  gcp: pretty({
    name: 'projects/742613904155/locations/global/workloadIdentityPools/vercel/providers/vercel',
    oidc: { issuerUri: ISSUER, allowedAudiences: [AUDIENCE] },
    attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.environment': 'assertion.environment' },
    attributeCondition: `assertion.owner == '${TEAM}' && assertion.environment == 'Production'`,
  }),
  azure: pretty([
    { name: 'vercel', issuer: ISSUER, subject: SUBJECT.replace('shop', 'Shop'), audiences: [AUDIENCE] },
  ]),
};
