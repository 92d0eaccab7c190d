/** A credential file of the type external_account that calls credex, for gcloud, the client libraries and Terraform. */

import type { GcpEntry } from '@credex/config';
import type { Invocation, ToolConfig } from '../../print-config/invocation.js';
import { called, commandLine, configNote } from '../../print-config/invocation.js';
import type { ToolConfigs } from '../cloud.js';

export function printConfig(name: string, entry: GcpEntry, invocation: Invocation): ToolConfigs {
  return {
    gcloud: () => externalAccount(name, entry, invocation, gcloudChain),
    terraform: () => externalAccount(name, entry, invocation, terraformChain),
  };
}

/** How a tool names a delegation chain and its target, which the file cannot contain. */
type ChainNote = (delegates: readonly string[], email: string) => string;

const gcloudChain: ChainNote = (delegates, email) =>
  `The file has no delegation chain: run \`gcloud config set auth/impersonate_service_account ${[...delegates, email].join(',')}\`.`;

const terraformChain: ChainNote = (delegates, email) =>
  `The file has no delegation chain: set impersonate_service_account = "${email}" and impersonate_service_account_delegates = [${delegates.map((delegate) => `"${delegate}"`).join(', ')}] in provider "google".`;

/** The email addresses of the delegation chain, in its order. */
export const delegatesOf = ({ delegates = [] }: GcpEntry): readonly string[] =>
  delegates.map((name) => name.replace('projects/-/serviceAccounts/', ''));

/** The audience of the workload identity pool provider. */
export const providerAudience = (entry: GcpEntry): string =>
  `//iam.googleapis.com/projects/${entry.projectNumber}/locations/global/workloadIdentityPools/${entry.workloadIdentityPoolId}/providers/${entry.workloadIdentityPoolProviderId}`;

/** https://google.aip.dev/auth/4117 */
function externalAccount(
  name: string,
  entry: GcpEntry,
  invocation: Invocation,
  chainNote: ChainNote,
): ToolConfig {
  const { serviceAccountEmail, universeDomain: universe = 'googleapis.com' } = entry;
  const sts = entry.stsEndpoint ?? `https://sts.${universe}`;
  const delegates = delegatesOf(entry);
  const iam = entry.iamCredentialsEndpoint ?? `https://iamcredentials.${universe}`;
  const document = {
    ...(entry.universeDomain === undefined ? {} : { universe_domain: universe }),
    type: 'external_account',
    audience: providerAudience(entry),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: new URL('/v1/token', sts).href,
    ...(serviceAccountEmail === undefined || delegates.length > 0
      ? {}
      : {
          service_account_impersonation_url: `${new URL(iam).origin}/v1/projects/-/serviceAccounts/${serviceAccountEmail}:generateAccessToken`,
        }),
    ...(entry.quotaProjectId === undefined ? {} : { quota_project_id: entry.quotaProjectId }),
    credential_source: {
      executable: {
        command: commandLine(called('google-executable', name, invocation)),
        timeout_millis: 30_000,
      },
    },
  };
  return {
    text: JSON.stringify(document, null, 2),
    goes: `a file such as ${name}.json; then GOOGLE_APPLICATION_CREDENTIALS=${name}.json, or \`gcloud auth login --cred-file=${name}.json\``,
    notes: [
      "Set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1: without it, Google's libraries run no program that a file names.",
      ...(serviceAccountEmail === undefined || delegates.length === 0
        ? []
        : [chainNote(delegates, serviceAccountEmail)]),
      ...configNote(invocation),
    ],
  };
}
