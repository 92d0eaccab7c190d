// What the cold processes are started with: an emulator over TLS, and all they need to know of it as JSON.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator } from '@credex/testing/emulator';
import { AWS, AZURE, GCP, TEAM } from '../demo/names.mjs';
import { setUpTrust } from '../demo/set-up-trust.mjs';

/** @param {(environment: Readonly<Record<string, string>>) => Promise<unknown>} body */
export async function inColdFixture(body) {
  const emulator = await startEmulator();
  setUpTrust(emulator);
  const folder = await mkdtemp(join(tmpdir(), 'credex-cold-'));
  try {
    await emulator.writeCa(join(folder, 'ca.pem'));
    const token = await emulator.issuer.mint({ ...TEAM, environment: 'production' });
    const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId, serviceAccountEmail } =
      GCP;
    const input = {
      token,
      aws: { roleArn: AWS.roleArn, region: AWS.region, endpoint: emulator.tlsUrl('aws-sts') },
      gcp: {
        projectNumber,
        workloadIdentityPoolId,
        workloadIdentityPoolProviderId,
        serviceAccountEmail,
        stsEndpoint: emulator.tlsUrl('gcp-sts'),
        iamCredentialsEndpoint: emulator.tlsUrl('gcp-iam-credentials'),
      },
      gcpAudience: `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${workloadIdentityPoolId}/providers/${workloadIdentityPoolProviderId}`,
      azure: {
        tenantId: AZURE.tenantId,
        clientId: AZURE.clientId,
        scopes: 'https://storage.azure.com/.default',
        authorityHost: emulator.tlsUrl('entra'),
      },
    };
    return await body({
      PATH: process.env.PATH,
      HOME: folder,
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
      // As in a deployment: without them the identity is the digest of the token, which loads one file more.
      VERCEL_ENV: 'production',
      VERCEL_TARGET_ENV: 'production',
      VERCEL_PROJECT_ID: TEAM.projectId,
      VERCEL_OIDC_TOKEN: token,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      COLD_INPUT: JSON.stringify(input),
    });
  } finally {
    await emulator.close();
    await rm(folder, { recursive: true });
  }
}
