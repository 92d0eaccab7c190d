/** `credex setup azure`: federated credentials of an application or of a managed identity. */

import { TENANT } from '@credex/core/internal';
import type { Checks } from '../../setup/checks.js';
import { commonNotes, namesOnlyNotes } from '../../setup/notes.js';
import type { Plan, PlannedFile } from '../../setup/plan.js';
import { shellCommand, type ShellText, type Word } from '../../setup/quote.js';
import type { TrustRequest } from '../../setup/trust-request.js';
import type { CloudInit, CloudSetup } from '../cloud.js';
import { azureBicep } from './bicep.js';
import { GUID, azureTarget, federatedCredentials } from './identity.js';
import type { Application, AzureOptions, FederatedCredential, ManagedIdentity } from './identity.js';
import { applicationTerraform, managedTerraform } from './terraform.js';

export const setup: CloudSetup<AzureOptions> = {
  grants: 'federated credentials that let',
  options: [
    ['--identity <kind>', 'application or managed; default: application'],
    ['--client-id <guid>', 'an existing application; default: create one'],
    ['--display-name <name>', 'the name of the new application; default: vercel-{project}'],
    ['--identity-name <name>', 'the name of the managed identity; default: vercel-{project}'],
    ['--resource-group <name>', 'the resource group of the managed identity'],
    ['--location <name>', 'the location of the managed identity'],
  ],
  plan,
};

function plan(request: TrustRequest, options: AzureOptions, checks: Checks): Plan {
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
      'The identity has no permissions yet: assign the roles that the project needs, on the resources that it needs.',
      'A new federated credential can take a few minutes to work everywhere; until then Entra answers AADSTS70021.',
      `Entra compares issuer, subject and audience exactly. An identity can have 20 credentials; this uses ${credentials.length}. Flexible credentials, which match patterns, do not support this issuer.`,
      ...(isManaged
        ? [
            'The Terraform file needs azurerm 5 or later. It creates the credentials one after the other, because Azure refuses concurrent changes of one identity.',
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

const NOTHING = '00000000-0000-4000-8000-000000000000';

/** `credex init azure`: the tenant and the application. */
export const init: CloudInit<AzureOptions & { readonly tenantId?: string }> = {
  options: [['--tenant-id <id>', 'the tenant (directory): a GUID or one of its domain names']],
  packages: ['@credex/azure'],
  entry(_request, { tenantId, clientId }, checks) {
    return {
      tenantId: checks.required('--tenant-id', tenantId, TENANT, NOTHING),
      // Its id is needed before the trust: `az ad app create --display-name NAME --query appId` prints it.
      clientId: checks.required('--client-id', clientId, GUID, NOTHING),
    };
  },
};
