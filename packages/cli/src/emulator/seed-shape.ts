/** What a seed may hold: lists by cloud, each item the input of one method of the emulator. */

export type Kind = 'string' | 'number' | 'boolean' | 'strings' | 'object' | 'objects' | 'issuerMode';

/** The allowed members; a name that ends with `?` is optional. */
export type Shape = Readonly<Record<string, Kind | `${Kind}?`>>;

/** Section, list, its items. In the order in which they are made: what stands later may name what stands before. */
export const SHAPES: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  vercel: {
    projects: {
      team: 'string',
      teamId: 'string',
      project: 'string',
      projectId: 'string',
      issuerMode: 'issuerMode?',
      environments: 'strings?',
      audience: 'string?',
    },
  },
  aws: {
    identityProviders: { accountId: 'string', url: 'string', clientIds: 'strings' },
    roles: { arn: 'string', trustPolicy: 'object', policies: 'objects?', maxSessionDuration: 'number?' },
    buckets: { name: 'string', accountId: 'string', region: 'string' },
  },
  gcp: {
    pools: { projectNumber: 'string', poolId: 'string', disabled: 'boolean?' },
    providers: {
      projectNumber: 'string',
      poolId: 'string',
      providerId: 'string',
      issuerUri: 'string',
      allowedAudiences: 'strings?',
      attributeMapping: 'object',
      attributeCondition: 'string?',
      disabled: 'boolean?',
    },
    projects: { projectId: 'string', bindings: 'objects' },
    serviceAccounts: { email: 'string', bindings: 'objects', allowExtendedLifetime: 'boolean?' },
    buckets: { name: 'string', bindings: 'objects' },
  },
  azure: {
    tenants: { tenantId: 'string', domain: 'string?', tokenLifetimeSeconds: 'number?' },
    applications: {
      tenantId: 'string',
      clientId: 'string',
      objectId: 'string?',
      alsoInTenants: 'strings?',
      identifierUris: 'strings?',
      federatedCredentials: 'objects',
      kind: 'string?',
      predatesCredentialRules: 'boolean?',
    },
    storageAccounts: {
      name: 'string',
      tenantId: 'string',
      containers: 'strings?',
      roleAssignments: 'objects',
      httpsTrafficOnly: 'boolean?',
    },
  },
};
