/** The sections of a seed: each list, the members of its inputs, and the method of the emulator that takes them. */

import type { AwsAdmin } from '../aws/cloud.js';
import type { AzureAdmin } from '../azure/cloud.js';
import type { GcpAdmin } from '../gcp/admin.js';
import type { Input, SeedProject, SeedTarget } from './types.js';

/** What a value of a member must be. */
export interface Check<Optional extends boolean = boolean> {
  readonly optional: Optional;
  readonly says: string;
  isValid(value: unknown): boolean;
}

export interface SeedList {
  readonly checks: Readonly<Record<string, Check>>;
  readonly create: (target: SeedTarget, input: never) => unknown;
}

/** A check for each member of the input, so that a member added to the emulator is added here as well. */
type Checks<Member> = {
  readonly [Name in keyof Member]-?: Check<undefined extends Member[Name] ? true : false>;
};

const list = <Item>(
  checks: Checks<Item>,
  create: (target: SeedTarget, input: Item) => unknown,
): SeedList => ({ checks, create });

const required = (says: string, isValid: (value: unknown) => boolean): Check<false> => ({
  optional: false,
  says,
  isValid,
});
const optional = (check: Check): Check<true> => ({ ...check, optional: true });

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (isValid: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(isValid);

const text = required('a non-empty string', isText);
const number = required('a number', (value) => typeof value === 'number');
const boolean = required('true or false', (value) => typeof value === 'boolean');
const texts = required('a list of non-empty strings', listOf(isText));
const object = required('an object', isObject);
const objects = required('a list of objects', listOf(isObject));
const oneOf = (...names: readonly string[]): Check<false> =>
  required(names.join(' or '), (value) => names.some((name) => name === value));

export const SECTIONS: Readonly<Record<string, Readonly<Record<string, SeedList>>>> = {
  vercel: {
    projects: list<SeedProject>(
      {
        team: text,
        teamId: text,
        project: text,
        projectId: text,
        issuerMode: optional(oneOf('team', 'global')),
        oidc: optional(boolean),
        environments: optional(texts),
        audience: optional(text),
      },
      ({ vercel }, { environments: _environments, audience: _audience, ...project }) =>
        vercel.createProject(project),
    ),
  },
  aws: {
    identityProviders: list<Input<AwsAdmin['createOpenIdConnectProvider']>>(
      { accountId: text, url: text, clientIds: texts },
      ({ aws }, input) => aws.createOpenIdConnectProvider(input),
    ),
    roles: list<Input<AwsAdmin['createRole']>>(
      {
        arn: text,
        trustPolicy: object,
        policies: optional(objects),
        maxSessionDuration: optional(number),
        trustPolicyQuota: optional(number),
        predatesIdentityProviderControls: optional(boolean),
      },
      ({ aws }, input) => aws.createRole(input),
    ),
    buckets: list<Input<AwsAdmin['createBucket']>>(
      { name: text, accountId: text, region: text },
      ({ aws }, input) => aws.createBucket(input),
    ),
  },
  gcp: {
    pools: list<Input<GcpAdmin['createPool']>>(
      { projectNumber: text, poolId: text, disabled: optional(boolean) },
      ({ gcp }, input) => gcp.createPool(input),
    ),
    providers: list<Input<GcpAdmin['createProvider']>>(
      {
        projectNumber: text,
        poolId: text,
        providerId: text,
        issuerUri: text,
        allowedAudiences: optional(texts),
        attributeMapping: object,
        attributeCondition: optional(text),
        disabled: optional(boolean),
      },
      ({ gcp }, input) => gcp.createProvider(input),
    ),
    projects: list<Input<GcpAdmin['createProject']>>(
      { projectId: text, bindings: objects },
      ({ gcp }, input) => gcp.createProject(input),
    ),
    serviceAccounts: list<Input<GcpAdmin['createServiceAccount']>>(
      { email: text, bindings: objects, allowExtendedLifetime: optional(boolean) },
      ({ gcp }, input) => gcp.createServiceAccount(input),
    ),
    buckets: list<Input<GcpAdmin['createBucket']>>({ name: text, bindings: objects }, ({ gcp }, input) =>
      gcp.createBucket(input),
    ),
  },
  azure: {
    tenants: list<Input<AzureAdmin['createTenant']>>(
      {
        tenantId: text,
        domain: optional(text),
        tokenLifetimeSeconds: optional(number),
        refreshIn: optional(oneOf('long-lived', 'always')),
      },
      ({ azure }, input) => azure.createTenant(input),
    ),
    applications: list<Input<AzureAdmin['createApplication']>>(
      {
        tenantId: text,
        clientId: text,
        objectId: optional(text),
        alsoInTenants: optional(texts),
        identifierUris: optional(texts),
        federatedCredentials: objects,
        kind: optional(oneOf('application', 'managed-identity')),
        predatesCredentialRules: optional(boolean),
      },
      ({ azure }, input) => azure.createApplication(input),
    ),
    storageAccounts: list<Input<AzureAdmin['createStorageAccount']>>(
      {
        name: text,
        tenantId: text,
        containers: optional(texts),
        roleAssignments: objects,
        httpsTrafficOnly: optional(boolean),
      },
      ({ azure }, input) => azure.createStorageAccount(input),
    ),
  },
};
