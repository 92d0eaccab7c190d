/** A profile of `~/.aws/config` that calls credex, for the AWS CLI, the SDKs and Terraform. */

import type { AwsEntry } from '@credex/config';
import type { Invocation } from '../../print-config/invocation.js';
import { called, commandLine, configNote } from '../../print-config/invocation.js';
import { block, hclFile } from '../../setup/hcl.js';
import type { ToolConfigs } from '../cloud.js';

/** `aws`: for the AWS CLI and the SDKs. `terraform`: its provider reads the same profile. */
export function printConfig(name: string, { region }: AwsEntry, invocation: Invocation): ToolConfigs {
  const credentialProcess = `credential_process = ${commandLine(called('credential-process', name, invocation))}`;
  return {
    aws: () => ({
      text: [
        `[profile ${name}]`,
        credentialProcess,
        ...(region === undefined ? [] : [`region = ${region}`]),
      ].join('\n'),
      goes: `~/.aws/config; then \`aws --profile ${name} …\`, or AWS_PROFILE=${name} for the SDKs`,
      notes: configNote(invocation),
    }),
    terraform: () => ({
      text: hclFile([
        block('provider', ['aws'], { profile: name, ...(region === undefined ? {} : { region }) }),
      ]).trimEnd(),
      goes: 'your Terraform configuration',
      notes: [`Add the profile to ~/.aws/config: ${credentialProcess}`, ...configNote(invocation)],
    }),
  };
}
