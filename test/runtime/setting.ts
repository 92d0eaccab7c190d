/** What the suite is told: plain data, so that it reaches every runtime as JSON. */

import { startEmulator } from '@credex/testing/emulator';
import type { Emulator } from '@credex/testing/emulator';
import { AUDIENCE, AWS, AZURE, GCP, TEAM } from '../demo/names.mjs';
import { setUpTrust } from '../support/trust.js';
import type { HostileUrls } from './hostile-servers.js';
import { startHostileServers } from './hostile-servers.js';

type Options = Readonly<Record<string, string | boolean>>;

export interface Setting {
  readonly aws: Options;
  readonly gcpFederated: Options;
  readonly gcp: Options;
  readonly azure: Options;
  readonly tokenEndpoint: string;
  readonly otherAudience: string;
  /** Tokens of the trusted deployment, of one that is not, and one that has ended. */
  readonly production: string;
  readonly preview: string;
  readonly expired: string;
  readonly hostile: HostileUrls;
  /** How this runtime is expected to reach the network. */
  readonly transport: 'node:https' | 'fetch';
  /** Whether callers who come together wait for one exchange. */
  readonly sharesRefreshes: boolean;
}

export interface RuntimeFixture {
  readonly emulator: Emulator;
  readonly setting: Omit<Setting, 'transport' | 'sharesRefreshes'>;
  close(): Promise<void>;
}

/** Over TLS throughout: each runtime is told of the authority in its own way. */
export async function startRuntimeFixture(): Promise<RuntimeFixture> {
  const emulator = await startEmulator();
  setUpTrust(emulator);
  const hostile = await startHostileServers(emulator.serverCertificate);
  const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId } = GCP;
  const gcpFederated = {
    projectNumber,
    workloadIdentityPoolId,
    workloadIdentityPoolProviderId,
    stsEndpoint: emulator.tlsUrl('gcp-sts'),
    iamCredentialsEndpoint: emulator.tlsUrl('gcp-iam-credentials'),
  };
  const mint = (more: object) => emulator.issuer.mint({ ...TEAM, environment: 'production', ...more });
  const hourAgo = Math.floor(emulator.clock.now() / 1_000) - 3_600;
  return {
    emulator,
    setting: {
      aws: { roleArn: AWS.roleArn, region: AWS.region, endpoint: emulator.tlsUrl('aws-sts') },
      gcpFederated,
      gcp: { ...gcpFederated, serviceAccountEmail: GCP.serviceAccountEmail },
      azure: {
        tenantId: AZURE.tenantId,
        clientId: AZURE.clientId,
        authorityHost: emulator.tlsUrl('entra'),
      },
      tokenEndpoint: `${emulator.tlsUrl('issuer')}/~token`,
      otherAudience: `${AUDIENCE}/other`,
      production: await mint({}),
      preview: await mint({ environment: 'preview' }),
      expired: await mint({ issuedAt: hourAgo, lifetimeSeconds: 60 }),
      hostile: hostile.urls,
    },
    async close() {
      await hostile.close();
      await emulator.close();
    },
  };
}
