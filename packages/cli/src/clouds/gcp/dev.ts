/** `credex dev` with Google Cloud: the token service, IAM Credentials and Storage. */

import type { GcpEntry } from '@credex/config';
import { Checks } from '../../setup/checks.js';
import type { TrustRequest } from '../../setup/trust-request.js';
import { trustOfEntry } from '../../setup/trust-request.js';
import type { CloudDev } from '../cloud.js';
import { membersOf, providersOf } from './trust.js';

export const dev: CloudDev<GcpEntry> = {
  title: 'Google Cloud',
  hosts: {
    'gcp-sts': String.raw`sts\.googleapis\.com`,
    'gcp-iam-credentials': String.raw`iamcredentials\.googleapis\.com`,
    'gcp-storage': String.raw`storage\.googleapis\.com`,
  },
  domains: ['.googleapis.com'],
  endpoints: () => ({}),
  databases: {
    // The user of Cloud SQL for PostgreSQL is the address without its end.
    postgres: ({ GCP_SERVICE_ACCOUNT_EMAIL: email }) =>
      !email ? undefined : { check: { cloud: 'gcp' }, user: email.replace(/\.gserviceaccount\.com$/, '') },
  },
  advice:
    'The token service, IAM Credentials and Storage (JSON API) are emulated. Pass `resumable: false` to uploads of @google-cloud/storage. Other services refuse the token, which is valid only here.',
  seed(entries, trust, storage) {
    const [first] = entries;
    return {
      gcp: {
        pools: unique(
          entries.map(({ projectNumber, workloadIdentityPoolId: poolId }) => ({ projectNumber, poolId })),
        ),
        providers: unique(entries.map((entry) => providerOf(entry, trust))),
        serviceAccounts: unique(
          entries.flatMap((entry) =>
            entry.serviceAccountEmail === undefined ? [] : [accountOf(entry, trust)],
          ),
        ),
        buckets:
          first === undefined
            ? []
            : [
                {
                  name: storage,
                  bindings: [
                    {
                      role: 'roles/storage.admin',
                      members: [...new Set(entries.flatMap((entry) => callersOf(entry, trust)))],
                    },
                  ],
                },
              ],
      },
    };
  },
};

function providerOf(entry: GcpEntry, trust: TrustRequest) {
  const { projectNumber, workloadIdentityPoolId: poolId, workloadIdentityPoolProviderId: providerId } = entry;
  const usual = `https://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${poolId}/providers/${providerId}`;
  const [provider] = providersOf(trustOfEntry(trust, entry, usual), {}, new Checks());
  if (provider === undefined) throw new TypeError('A trust has an issuer.');
  const { issuer, audience, mapping, condition } = provider;
  return {
    projectNumber,
    poolId,
    providerId,
    issuerUri: issuer.url,
    allowedAudiences: [audience],
    attributeMapping: mapping,
    attributeCondition: condition,
  };
}

function accountOf(entry: GcpEntry, trust: TrustRequest) {
  const members = principalsOf(entry, trust);
  return {
    email: entry.serviceAccountEmail ?? '',
    // Signing, too: signed URLs and ID tokens are made with it.
    bindings: [
      { role: 'roles/iam.workloadIdentityUser', members },
      { role: 'roles/iam.serviceAccountTokenCreator', members },
    ],
  };
}

/** Who calls Storage: the service account, or without one the deployments themselves. */
const callersOf = (entry: GcpEntry, trust: TrustRequest): readonly string[] =>
  entry.serviceAccountEmail === undefined
    ? principalsOf(entry, trust)
    : [`serviceAccount:${entry.serviceAccountEmail}`];

const principalsOf = ({ projectNumber, workloadIdentityPoolId }: GcpEntry, trust: TrustRequest) =>
  membersOf(trust).map(
    ({ kind, name }) =>
      `${kind}://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${workloadIdentityPoolId}/${name}`,
  );

const unique = <T>(items: readonly T[]): readonly T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];
