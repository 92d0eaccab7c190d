// What the warm calls are made in: an emulator, a deployment's environment, and a request that is being served.
import { AsyncLocalStorage } from 'node:async_hooks';
import { startEmulator } from '@credex/testing/emulator';
import { AWS, AZURE, GCP, TEAM } from '../demo/names.mjs';
import { setUpTrust } from '../demo/set-up-trust.mjs';

/** Runs `body` as a request that came with the deployment's token. */
export async function inDeployment(body) {
  Object.assign(process.env, {
    VERCEL: '1',
    VERCEL_ENV: 'production',
    VERCEL_TARGET_ENV: 'production',
    VERCEL_PROJECT_ID: TEAM.projectId,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  const emulator = await startEmulator();
  setUpTrust(emulator);
  const token = await emulator.issuer.mint({ ...TEAM, environment: 'production' });

  // As Vercel's runtime has it: the context of the request is asked for on each call.
  const requests = new AsyncLocalStorage();
  globalThis[Symbol.for('@vercel/request-context')] = { get: () => requests.getStore() };
  try {
    return await requests.run({ headers: { 'x-vercel-oidc-token': token } }, () => body(emulator, token));
  } finally {
    await emulator.close();
  }
}

export const optionsFor = (emulator) => ({
  aws: {
    roleArn: AWS.roleArn,
    region: AWS.region,
    endpoint: emulator.url('aws-sts'),
    allowLoopbackHttp: true,
  },
  gcp: {
    projectNumber: GCP.projectNumber,
    workloadIdentityPoolId: GCP.workloadIdentityPoolId,
    workloadIdentityPoolProviderId: GCP.workloadIdentityPoolProviderId,
    serviceAccountEmail: GCP.serviceAccountEmail,
    stsEndpoint: emulator.url('gcp-sts'),
    iamCredentialsEndpoint: emulator.url('gcp-iam-credentials'),
    allowLoopbackHttp: true,
  },
  azure: {
    tenantId: AZURE.tenantId,
    clientId: AZURE.clientId,
    scopes: 'https://storage.azure.com/.default',
    authorityHost: emulator.tlsUrl('entra'),
  },
});
