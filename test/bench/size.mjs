// `npm run bench:size`: what each entry adds to a bundle, and what the libraries add that people use today.
import { bundleSize } from './bundle-size.mjs';

const ENTRIES = {
  '@credex/aws': `export { getAwsCredentials, awsCredentialsProvider } from '@credex/aws';`,
  '@aws-sdk/client-sts, AssumeRoleWithWebIdentity': `export { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';`,
  '@vercel/oidc-aws-credentials-provider': `export { awsCredentialsProvider } from '@vercel/oidc-aws-credentials-provider';`,
  '@credex/gcp': `export { getGcpCredentials, gcpCredentialsProvider } from '@credex/gcp';`,
  'google-auth-library, IdentityPoolClient': `export { IdentityPoolClient } from 'google-auth-library';`,
  '@credex/azure': `export { getAzureCredentials, azureCredentialsProvider } from '@credex/azure';`,
  '@azure/identity, ClientAssertionCredential': `export { ClientAssertionCredential } from '@azure/identity';`,
  '@credex/vercel': `export { vercelTokenSource, requestTokenSource } from '@credex/vercel';`,
  '@vercel/oidc': `export { getVercelOidcToken } from '@vercel/oidc';`,
  '@credex/verify': `export { createTokenVerifier } from '@credex/verify';`,
  'jose, jwtVerify': `export { createRemoteJWKSet, jwtVerify } from 'jose';`,
  '@credex/explain': `export { explain, explanationOf } from '@credex/explain';`,
};

const kb = (bytes) => (bytes / 1_000).toFixed(1).padStart(8);

console.log('| entry | minified KB | compressed KB | more, when needed | modules |');
console.log('| --- | ---: | ---: | ---: | ---: |');
for (const [name, code] of Object.entries(ENTRIES)) {
  const { minified, compressed, later, inputs } = await bundleSize(code);
  console.log(`| ${name} | ${kb(minified)} | ${kb(compressed)} | ${kb(later)} | ${inputs.length - 1} |`);
}
