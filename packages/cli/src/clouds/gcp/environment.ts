/** An access token of Google Cloud as environment variables. */

import type { GcpEntry } from '@credex/config';
import type { GcpCredentials } from '@credex/gcp';
import type { CloudEnvironment } from '../cloud.js';

export const environment: CloudEnvironment<GcpEntry, GcpCredentials> = {
  conflicts: [
    'GOOGLE_APPLICATION_CREDENTIALS',
    'GOOGLE_CREDENTIALS',
    'GOOGLE_CLOUD_KEYFILE_JSON',
    'GCLOUD_KEYFILE_JSON',
    'GOOGLE_IMPERSONATE_SERVICE_ACCOUNT',
    'CLOUDSDK_AUTH_ACCESS_TOKEN_FILE',
    'CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE',
    'CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT',
  ],
  async prepare({ name, entry: { projectId, quotaProjectId }, getCredentials }, { signal }) {
    const { accessToken, expiresAt } = await getCredentials({ signal });
    return {
      what: `the credentials of ${name}`,
      expiresAt,
      env: {
        GOOGLE_OAUTH_ACCESS_TOKEN: accessToken,
        CLOUDSDK_AUTH_ACCESS_TOKEN: accessToken,
        ...(projectId === undefined
          ? {}
          : { GOOGLE_CLOUD_PROJECT: projectId, CLOUDSDK_CORE_PROJECT: projectId }),
        ...(quotaProjectId === undefined ? {} : { CLOUDSDK_BILLING_QUOTA_PROJECT: quotaProjectId }),
      },
    };
  },
};
