/** Shell lines that write the token file and point Azure's tools to it. */

import type { AzureEntry } from '@credex/config';
import type { Invocation, ToolConfig } from '../../print-config/invocation.js';
import { called, configNote } from '../../print-config/invocation.js';
import { shellWord } from '../../setup/quote.js';
import type { ToolConfigs } from '../cloud.js';
import { fileEnvironment } from './environment.js';

export function printConfig(name: string, entry: AzureEntry, invocation: Invocation): ToolConfigs {
  const path = `$HOME/.credex-${name}.jwt`;
  const words = [...called('azure-token-file', name, invocation), '--path'].map(shellWord);
  const writeToken = `${words.join(' ')} ${withHome(path)}`;
  const variables = (): ToolConfig => {
    const lines = Object.entries(fileEnvironment(entry, path)).map(
      ([key, value]) => `export ${key}=${withHome(value)}`,
    );
    return {
      text: [...lines, `${writeToken} --watch &`].join('\n'),
      goes: 'the shell that starts your program',
      notes: ['The SDKs read AZURE_…; Terraform reads ARM_….', ...configNote(invocation)],
    };
  };
  const login = (): ToolConfig => ({
    text: [
      writeToken,
      `az login --service-principal --username ${shellWord(entry.clientId)} --tenant ${shellWord(entry.tenantId)} --federated-token "$(cat ${withHome(path)})"`,
      `rm ${withHome(path)}`,
    ].join('\n'),
    goes: 'a shell',
    notes: [
      'The Azure CLI stores the login. Log in again when it asks for a new token.',
      ...configNote(invocation),
    ],
  });
  return { azure: variables, terraform: variables, 'azure-cli': login };
}

/** The path is credex's own text, in which the shell replaces `$HOME`. */
const withHome = (text: string): string => (text.startsWith('$HOME/') ? `"${text}"` : shellWord(text));
