/** What the emulated clouds are told to trust: the demo's careful team, and a bucket for the federated principal. */

import type { Emulator } from '@credex/testing/emulator';
import { GCP, PRODUCTION_SUBJECT } from '../demo/names.mjs';
import { setUpTrust as setUpTeamsTrust } from '../demo/set-up-trust.mjs';

export { AUDIENCE, AWS, AZURE, GCP, PRODUCTION_SUBJECT, TEAM } from '../demo/names.mjs';

export const ISSUER = 'https://oidc.vercel.com/acme';

/** Google's name of whoever the pool takes for `subject`. */
export const principalOf = (subject: string): string =>
  `principal://iam.googleapis.com/projects/${GCP.projectNumber}/locations/global/workloadIdentityPools/${GCP.workloadIdentityPoolId}/subject/${subject}`;

/** No service account stands between this bucket and the deployment. */
export const FEDERATED_BUCKET = 'shop-orders-federated';

export function setUpTrust(emulator: Emulator): void {
  setUpTeamsTrust(emulator);
  emulator.gcp.createBucket({
    name: FEDERATED_BUCKET,
    bindings: [{ role: 'roles/storage.objectUser', members: [principalOf(PRODUCTION_SUBJECT)] }],
  });
}

/** What an AWS role's trust policy says: only these subjects of the issuer, for this audience. */
export function trustPolicy(
  issuerHost: string,
  audience: string,
  subjects: readonly string[],
  accountId: string,
  partition = 'aws',
) {
  return {
    Version: '2012-10-17' as const,
    Statement: [
      {
        Effect: 'Allow' as const,
        Principal: { Federated: `arn:${partition}:iam::${accountId}:oidc-provider/${issuerHost}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { [`${issuerHost}:aud`]: audience, [`${issuerHost}:sub`]: subjects },
        },
      },
    ],
  };
}
