import type { FederatedCredential, ManagedIdentity } from './identity.js';
import { bicepString } from '../../setup/quote.js';

const API = '2023-01-31';

/** To be deployed into the resource group of the identity. */
export function azureBicep(
  { name, location }: ManagedIdentity,
  credentials: readonly FederatedCredential[],
): string {
  const items = credentials.map((credential) =>
    [
      '  {',
      ...Object.entries(credential).map(([key, value]) => `    ${key}: ${bicepString(value)}`),
      '  }',
    ].join('\n'),
  );
  return `resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@${API}' = {
  name: ${bicepString(name)}
  location: ${bicepString(location)}
}

var credentials = [
${items.join('\n')}
]

// Azure refuses concurrent changes of one identity.
@batchSize(1)
resource federated 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@${API}' = [
  for credential in credentials: {
    parent: identity
    name: credential.name
    properties: {
      issuer: credential.issuer
      subject: credential.subject
      audiences: [credential.audience]
    }
  }
]

output clientId string = identity.properties.clientId
`;
}
