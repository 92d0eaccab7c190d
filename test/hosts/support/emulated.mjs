// The emulator over TLS, with trust for production alone, and all that a host needs of it as plain data.
import { join } from 'node:path';
import { startEmulator } from '@credex/testing/emulator';
import { AUDIENCE, AWS, AZURE, GCP, OWN_API_AUDIENCE, TEAM } from '../../demo/names.mjs';
import { setUpTrust } from '../../demo/set-up-trust.mjs';

const SERVICES = [
  'issuer',
  'aws-sts',
  'aws-s3',
  'gcp-sts',
  'gcp-iam-credentials',
  'gcp-storage',
  'entra',
  'azure-blob',
];

/** @param {string} folder Where the certificate of its authority is written. */
export async function startEmulated(folder) {
  const emulator = await startEmulator({ seed: 'hosts' });
  setUpTrust(emulator);
  const caFile = join(folder, 'ca.pem');
  await emulator.writeCa(caFile);
  const urls = Object.fromEntries(SERVICES.map((service) => [service, emulator.tlsUrl(service)]));
  const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId, serviceAccountEmail } = GCP;
  const mint = (environment) => emulator.issuer.mint({ ...TEAM, environment, lifetimeSeconds: 3_600 });
  return {
    /** The emulator itself, for what is not here. */
    emulator,
    /** `https://127.0.0.1:PORT` of each service. */
    urls,
    /** The certificate authority, PEM: for NODE_EXTRA_CA_CERTS, where `environment()` puts it. */
    caFile,
    /** Subject tokens: each cloud accepts `production` and refuses `preview`. */
    tokens: { production: await mint('production'), preview: await mint('preview') },
    /** The options of each cloud's provider. */
    options: {
      aws: { roleArn: AWS.roleArn, region: AWS.region, endpoint: urls['aws-sts'] },
      gcp: {
        projectNumber,
        workloadIdentityPoolId,
        workloadIdentityPoolProviderId,
        serviceAccountEmail,
        stsEndpoint: urls['gcp-sts'],
        iamCredentialsEndpoint: urls['gcp-iam-credentials'],
      },
      azure: {
        tenantId: AZURE.tenantId,
        clientId: AZURE.clientId,
        scopes: 'https://storage.azure.com/.default',
        authorityHost: urls.entra,
      },
    },
    /** The options of a verifier that lets in the production deployment. */
    verifier: {
      team: TEAM.team,
      audience: AUDIENCE,
      allow: [{ projectId: TEAM.projectId, environment: 'production' }],
      jwksUri: `${urls.issuer}/${TEAM.team}/.well-known/jwks`,
    },
    /** Names of what there is to read and write: buckets, containers, the audience of an API of one's own. */
    names: { TEAM, AUDIENCE, AWS, AZURE, GCP, OWN_API_AUDIENCE },
    close: () => emulator.close(),
  };
}
