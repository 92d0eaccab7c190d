/** What each tool must be told so that it asks credex. */

import type { AwsEntry, AzureEntry, GcpEntry } from '@credex/config';
import { fileEnvironment } from '../azure-token-file/file-environment.js';
import { entryOf } from '../entry/open-entry.js';
import type { OpenEntry } from '../entry/open-entry.js';
import { hclString, shellWord } from '../setup/quote.js';
import type { Invocation } from './invocation.js';
import { commandLine } from './invocation.js';

export interface ToolConfig {
  readonly text: string;
  /** Where it belongs. */
  readonly goes: string;
  readonly notes?: readonly string[];
}

type Named = Pick<OpenEntry, 'name' | 'entry'>;

/** By tool, the usual one first. */
export function formatsOf(named: Named, invocation: Invocation): Readonly<Record<string, () => ToolConfig>> {
  const { name } = named;
  switch (named.entry.provider) {
    case 'aws': {
      const entry = entryOf('aws', named, '');
      return {
        aws: () => awsProfile(name, entry, invocation),
        terraform: () => awsTerraform(name, entry, invocation),
      };
    }
    case 'gcp': {
      const entry = entryOf('gcp', named, '');
      return {
        gcloud: () => externalAccount(name, entry, invocation),
        terraform: () => externalAccount(name, entry, invocation),
      };
    }
    case 'azure': {
      const entry = entryOf('azure', named, '');
      return {
        azure: () => azureVariables(name, entry, invocation),
        terraform: () => azureVariables(name, entry, invocation),
        'azure-cli': () => azureLogin(name, entry, invocation),
      };
    }
  }
}

const called = (command: string, name: string, { start, options }: Invocation): readonly string[] => [
  ...start,
  command,
  name,
  ...options,
];

function awsProfile(name: string, { region }: AwsEntry, invocation: Invocation): ToolConfig {
  const lines = [
    `[profile ${name}]`,
    `credential_process = ${commandLine(called('credential-process', name, invocation))}`,
    ...(region === undefined ? [] : [`region = ${region}`]),
  ];
  return {
    text: lines.join('\n'),
    goes: `~/.aws/config; then \`aws --profile ${name} …\`, or AWS_PROFILE=${name} for the SDKs`,
    notes: configNote(invocation),
  };
}

function awsTerraform(name: string, entry: AwsEntry, invocation: Invocation): ToolConfig {
  const lines = [
    'provider "aws" {',
    `  profile = ${hclString(name)}`,
    ...(entry.region === undefined ? [] : [`  region  = ${hclString(entry.region)}`]),
    '}',
  ];
  const { text } = awsProfile(name, entry, invocation);
  return {
    text: lines.join('\n'),
    goes: 'your Terraform configuration',
    notes: [`The profile is in ~/.aws/config: ${text.split('\n')[1] ?? ''}`, ...configNote(invocation)],
  };
}

/** https://google.aip.dev/auth/4117 */
function externalAccount(name: string, entry: GcpEntry, invocation: Invocation): ToolConfig {
  const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId, serviceAccountEmail } =
    entry;
  const universe = entry.universeDomain ?? 'googleapis.com';
  const sts = entry.stsEndpoint ?? `https://sts.${universe}`;
  const iam = entry.iamCredentialsEndpoint ?? `https://iamcredentials.${universe}`;
  const pool = `projects/${projectNumber}/locations/global/workloadIdentityPools/${workloadIdentityPoolId}`;
  const document = {
    ...(entry.universeDomain === undefined ? {} : { universe_domain: entry.universeDomain }),
    type: 'external_account',
    audience: `//iam.googleapis.com/${pool}/providers/${workloadIdentityPoolProviderId}`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: new URL('/v1/token', sts).href,
    ...(serviceAccountEmail === undefined
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
      'Set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1: without it Google runs no program of a file.',
      ...configNote(invocation),
    ],
  };
}

function azureVariables(name: string, entry: AzureEntry, invocation: Invocation): ToolConfig {
  const path = tokenPath(name);
  const lines = Object.entries(fileEnvironment(entry, path)).map(
    ([key, value]) => `export ${key}=${shown(value)}`,
  );
  const writes = [...called('azure-token-file', name, invocation), '--path'].map(shellWord);
  return {
    text: [...lines, `${writes.join(' ')} ${shown(path)} --watch &`].join('\n'),
    goes: 'the shell that starts your program',
    notes: ['AZURE_… is read by the SDKs, ARM_… by Terraform.', ...configNote(invocation)],
  };
}

function azureLogin(name: string, { clientId, tenantId }: AzureEntry, invocation: Invocation): ToolConfig {
  const path = tokenPath(name);
  const writes = [...called('azure-token-file', name, invocation), '--path'].map(shellWord);
  return {
    text: [
      `${writes.join(' ')} ${shown(path)}`,
      `az login --service-principal --username ${shellWord(clientId)} --tenant ${shellWord(tenantId)} --federated-token "$(cat ${shown(path)})"`,
      `rm ${shown(path)}`,
    ].join('\n'),
    goes: 'a shell',
    notes: [
      'The Azure CLI keeps the login; log in again when it asks for another token.',
      ...configNote(invocation),
    ],
  };
}

const tokenPath = (name: string): string => `$HOME/.credex-${name}.jwt`;

/** Our own text with a variable of the shell's in it. */
const shown = (text: string): string => (text.startsWith('$HOME/') ? `"${text}"` : shellWord(text));

const configNote = ({ options }: Invocation): readonly string[] =>
  options.includes('--config')
    ? []
    : ['There is no file of the configuration: the tool must have CREDEX_CONFIG in its environment.'];
