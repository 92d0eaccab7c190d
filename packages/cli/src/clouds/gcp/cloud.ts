/** Google Cloud on the command line. */

import type { GcpEntry } from '@credex/config';
import type { GcpCredentials } from '@credex/gcp';
import type { Cloud } from '../cloud.js';
import { dev } from './dev.js';
import { doctor } from './doctor.js';
import { environment } from './environment.js';
import { printConfig } from './print-config.js';
import { init, setup } from './setup.js';

export const gcp: Cloud<GcpEntry, GcpCredentials> = {
  factory: async () => (await import('@credex/gcp')).gcpCredentialsProvider,
  setup,
  init,
  doctor,
  environment,
  variables: {
    options: {
      projectNumber: ['GCP_PROJECT_NUMBER'],
      workloadIdentityPoolId: ['GCP_WORKLOAD_IDENTITY_POOL_ID'],
      workloadIdentityPoolProviderId: ['GCP_WORKLOAD_IDENTITY_POOL_PROVIDER_ID'],
      serviceAccountEmail: ['GCP_SERVICE_ACCOUNT_EMAIL'],
      projectId: ['GCP_PROJECT_ID'],
    },
    required: ['projectNumber', 'workloadIdentityPoolId', 'workloadIdentityPoolProviderId'],
  },
  dev,
  explain: {
    file: "a pool's provider",
    from: 'gcloud iam workload-identity-pools providers describe PROVIDER --workload-identity-pool=POOL --location=global --format=json',
    options: [
      {
        flags: '--service-account-policy <file>',
        description: 'the output of `gcloud iam service-accounts get-iam-policy EMAIL --format=json`',
        input: 'serviceAccountPolicy',
      },
      {
        flags: '--project-policy <file>',
        description:
          'the output of `gcloud projects get-ancestors-iam-policy PROJECT --format=json`, or the policy of one project, folder or organization; repeat it for more',
        input: 'projectPolicies',
        isRepeatable: true,
      },
    ],
    input: () => ({ cloud: 'gcp' }),
  },
  printConfig,
};
