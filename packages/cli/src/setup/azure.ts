/** Azure: federated credentials of an application or of a managed identity. */

import { azureBicep } from './azure-bicep.js';
import type { Application, AzureOptions, FederatedCredential, ManagedIdentity } from './azure-target.js';
import { azureTarget, federatedCredentials } from './azure-target.js';
import { applicationTerraform, managedTerraform } from './azure-terraform.js';
import type { Checks } from './checks.js';
import { commonNotes, namesOnlyNotes } from './notes.js';
import type { Plan, PlannedFile } from './plan.js';
import type { ShellText, Word } from './shell.js';
import { shellCommand } from './shell.js';
import type { TrustRequest } from './trust-request.js';

export function azurePlan(request: TrustRequest, options: AzureOptions, checks: Checks): Plan {
  const target = azureTarget(request, options, checks);
  const credentials = federatedCredentials(request, checks);
  const isManaged = target.kind === 'managed';
  const files: PlannedFile[] = isManaged
    ? [
        { name: 'vercel.tf', format: 'terraform', text: managedTerraform(target, credentials) },
        { name: 'vercel.bicep', format: 'bicep', text: azureBicep(target, credentials) },
      ]
    : [{ name: 'vercel.tf', format: 'terraform', text: applicationTerraform(target, credentials) }];
  return {
    files,
    commands: isManaged ? managedCommands(target, credentials) : applicationCommands(target, credentials),
    notes: [
      'The identity may do nothing yet: assign the roles that the project needs, on the resources that it needs.',
      'A new federated credential takes some minutes to be known everywhere (AADSTS70021 until then).',
      `Issuer, subject and audience are compared letter by letter; an identity can have 20 credentials, and this uses ${credentials.length}. Flexible credentials, which match patterns, are not for this issuer.`,
      ...(isManaged
        ? [
            'The Terraform needs azurerm 5 or later. The credentials of one identity are made one after the other: Azure refuses them at once.',
          ]
        : []),
      ...namesOnlyNotes('Entra', request),
      ...commonNotes(request),
    ],
  };
}

function applicationCommands(
  { clientId, displayName }: Application,
  credentials: readonly FederatedCredential[],
): readonly string[] {
  const variable: ShellText = { shell: '"$APP_ID"' };
  const id: Word = clientId ?? variable;
  const made =
    clientId === undefined
      ? [
          `APP_ID=$(${shellCommand(['az', 'ad', 'app', 'create'], {
            'display-name': displayName,
            'sign-in-audience': 'AzureADMyOrg',
            query: 'appId',
            output: 'tsv',
          })})`,
          shellCommand(['az', 'ad', 'sp', 'create'], { id }),
        ]
      : [];
  return [
    ...made,
    ...credentials.map(({ name, issuer, subject, audience }) =>
      shellCommand(['az', 'ad', 'app', 'federated-credential', 'create'], {
        id,
        parameters: JSON.stringify({ name, issuer, subject, audiences: [audience] }),
      }),
    ),
  ];
}

function managedCommands(
  { name, resourceGroup, location }: ManagedIdentity,
  credentials: readonly FederatedCredential[],
): readonly string[] {
  return [
    shellCommand(['az', 'identity', 'create'], { name, 'resource-group': resourceGroup, location }),
    ...credentials.map((credential) =>
      shellCommand(['az', 'identity', 'federated-credential', 'create'], {
        name: credential.name,
        'identity-name': name,
        'resource-group': resourceGroup,
        issuer: credential.issuer,
        subject: credential.subject,
        audiences: credential.audience,
      }),
    ),
  ];
}
