/** A profile of `~/.aws/config` that calls credex, for the AWS CLI, the SDKs and Terraform. */

import type { AwsEntry } from '@credex/config';
import type { Invocation, ToolConfig } from '../../print-config/invocation.js';
import { called, commandLine, configNote } from '../../print-config/invocation.js';
import { hclString } from '../../setup/quote.js';
import type { ToolConfigs } from '../cloud.js';

export function printConfig(name: string, { region }: AwsEntry, invocation: Invocation): ToolConfigs {
  const credentialProcess = `credential_process = ${commandLine(called('credential-process', name, invocation))}`;
  return {
    aws: () => profile(name, region, credentialProcess, invocation),
    terraform: () => terraform(name, region, credentialProcess, invocation),
  };
}

function profile(
  name: string,
  region: string | undefined,
  credentialProcess: string,
  invocation: Invocation,
): ToolConfig {
  const lines = [
    `[profile ${name}]`,
    credentialProcess,
    ...(region === undefined ? [] : [`region = ${region}`]),
  ];
  return {
    text: lines.join('\n'),
    goes: `~/.aws/config; then \`aws --profile ${name} …\`, or AWS_PROFILE=${name} for the SDKs`,
    notes: configNote(invocation),
  };
}

function terraform(
  name: string,
  region: string | undefined,
  credentialProcess: string,
  invocation: Invocation,
): ToolConfig {
  const lines = [
    'provider "aws" {',
    `  profile = ${hclString(name)}`,
    ...(region === undefined ? [] : [`  region  = ${hclString(region)}`]),
    '}',
  ];
  return {
    text: lines.join('\n'),
    goes: 'your Terraform configuration',
    notes: [`Add the profile to ~/.aws/config: ${credentialProcess}`, ...configNote(invocation)],
  };
}
