// The names that a team uses both in the trust of its clouds and in its code.
export const TEAM = { team: 'acme', teamId: 'team_acme', project: 'shop', projectId: 'prj_shop' };
export const AUDIENCE = 'https://vercel.com/acme';
export const PRODUCTION_SUBJECT = 'owner:acme:project:shop:environment:production';

export const AWS = {
  accountId: '123456789012',
  roleArn: 'arn:aws:iam::123456789012:role/shop-production',
  region: 'eu-west-1',
  bucket: 'shop-orders',
};
/** A database of RDS in the same account: its user, its name and its resource id. */
export const DATABASE = {
  user: 'app',
  name: 'shop',
  resource: 'arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-SHOPORDERS',
};
export const GCP = {
  projectNumber: '742613904155',
  workloadIdentityPoolId: 'vercel',
  workloadIdentityPoolProviderId: 'vercel',
  serviceAccountEmail: 'shop@acme-prod.iam.gserviceaccount.com',
  projectId: 'acme-prod',
  bucket: 'shop-orders',
};
export const AZURE = {
  tenantId: '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11',
  clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22',
  account: 'shoporders',
  container: 'orders',
};
/** The audience of the team's own API: other services refuse a token for it. */
export const OWN_API_AUDIENCE = 'https://orders.acme.example';
