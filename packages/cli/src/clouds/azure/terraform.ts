import type { Application, FederatedCredential, ManagedIdentity } from './identity.js';
import { block, hclFile, reference } from '../../setup/hcl.js';

export function applicationTerraform(
  { clientId, displayName }: Application,
  credentials: readonly FederatedCredential[],
): string {
  const isNew = clientId === undefined;
  const application = isNew
    ? [
        block('resource', ['azuread_application', 'vercel'], {
          display_name: displayName,
          sign_in_audience: 'AzureADMyOrg',
        }),
        block('resource', ['azuread_service_principal', 'vercel'], {
          client_id: reference('azuread_application.vercel.client_id'),
        }),
      ]
    : [block('data', ['azuread_application', 'vercel'], { client_id: clientId })];
  return hclFile([
    ...application,
    ...credentials.map(({ name, issuer, subject, audience }, at) =>
      block('resource', ['azuread_application_federated_identity_credential', `vercel_${at + 1}`], {
        application_id: reference(`${isNew ? '' : 'data.'}azuread_application.vercel.id`),
        display_name: name,
        issuer,
        subject,
        audiences: [audience],
      }),
    ),
  ]);
}

export function managedTerraform(
  { name, resourceGroup, location }: ManagedIdentity,
  credentials: readonly FederatedCredential[],
): string {
  const type = 'azurerm_federated_identity_credential';
  return hclFile([
    block('resource', ['azurerm_user_assigned_identity', 'vercel'], {
      name,
      resource_group_name: resourceGroup,
      location,
    }),
    ...credentials.map((credential, at) =>
      block('resource', [type, `vercel_${at + 1}`], {
        name: credential.name,
        user_assigned_identity_id: reference('azurerm_user_assigned_identity.vercel.id'),
        issuer: credential.issuer,
        subject: credential.subject,
        audience: [credential.audience],
        // Azure refuses concurrent changes of one identity.
        ...(at === 0 ? {} : { depends_on: [reference(`${type}.vercel_${at}`)] }),
      }),
    ),
  ]);
}
