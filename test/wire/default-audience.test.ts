/** `audience: 'default'`: the audience that each cloud expects where nothing else was configured. */

import { awsCredentialsProvider } from '@credex/aws';
import { azureCredentialsProvider } from '@credex/azure';
import type { SubjectTokenSource } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { gcpCredentialsProvider } from '@credex/gcp';
import { expect, it } from 'vitest';
import { AWS, AZURE, GCP } from '../support/trust.js';

/** Notes which audience is requested, and has no token. */
function recording(): { readonly tokenSource: SubjectTokenSource; readonly requested: unknown[] } {
  const requested: unknown[] = [];
  const tokenSource: SubjectTokenSource = {
    capture: () => ({
      identityKey: 'recording',
      token: async ({ audience }) => {
        requested.push(audience);
        throw new Error('no token');
      },
    }),
  };
  return { tokenSource, requested };
}

const azure = { tenantId: AZURE.tenantId, clientId: AZURE.clientId };
const gcp = {
  projectNumber: GCP.projectNumber,
  workloadIdentityPoolId: GCP.workloadIdentityPoolId,
  workloadIdentityPoolProviderId: GCP.workloadIdentityPoolProviderId,
};
const GCP_AUDIENCE = `https://iam.googleapis.com/projects/${GCP.projectNumber}/locations/global/workloadIdentityPools/${GCP.workloadIdentityPoolId}/providers/${GCP.workloadIdentityPoolProviderId}`;

type Shared = { readonly audience?: string; readonly tokenSource: SubjectTokenSource };
const CLOUDS: readonly (readonly [string, string, (shared: Shared) => Promise<unknown>])[] = [
  [
    'AWS',
    'sts.amazonaws.com',
    (shared) =>
      awsCredentialsProvider({ roleArn: AWS.roleArn, region: 'eu-west-1', ...shared }).getCredentials(),
  ],
  ['Google Cloud', GCP_AUDIENCE, (shared) => gcpCredentialsProvider({ ...gcp, ...shared }).getCredentials()],
  ...(
    [
      ['login.microsoftonline.com', ''],
      ['login.microsoftonline.us', 'USGov'],
      ['login.chinacloudapi.cn', 'China'],
    ] as const
  ).map(
    ([authorityHost, suffix]) =>
      [
        `Azure, ${authorityHost}`,
        `api://AzureADTokenExchange${suffix}`,
        (shared: Shared) => azureCredentialsProvider({ ...azure, authorityHost, ...shared }).getCredentials(),
      ] as const,
  ),
];

it.each(CLOUDS)('%s requests a token of %s', async (_cloud, audience, call) => {
  for (const [given, expected] of [
    ['default', audience],
    ['Default', 'Default'],
    [undefined, undefined],
  ] as const) {
    const { tokenSource, requested } = recording();
    const shared = {
      tokenSource,
      cache: createCredentialCache(),
      ...(given === undefined ? {} : { audience: given }),
    };
    await expect(call(shared)).rejects.toMatchObject({ code: 'no_subject_token' });
    expect(requested).toEqual([expected]);
  }
});
