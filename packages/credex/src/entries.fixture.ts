/** One entry of each cloud. */

export const AWS = { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' };
export const GCP = {
  provider: 'gcp',
  projectNumber: '742613904155',
  workloadIdentityPoolId: 'vercel',
  workloadIdentityPoolProviderId: 'vercel',
};
export const AZURE = {
  provider: 'azure',
  tenantId: '6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f0a11',
  clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22',
};
