/** The sections of a seed: each list, the members of its inputs, and the method of the emulator that takes them. */

import { isJsonObject } from '../request-content.js';
import type { SeedProject, SeedTarget } from './types.js';

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

/** The inputs of one method of a cloud. */
const list = <Cloud extends keyof SeedTarget, Method extends keyof SeedTarget[Cloud]>(
  cloud: Cloud,
  method: Method,
  checks: Checks<InputOf<SeedTarget[Cloud][Method]>>,
): SeedList => ({
  checks,
  create: (target, input) => (target[cloud][method] as (input: never) => unknown)(input),
});

type InputOf<Method> = Method extends (input: infer Input) => unknown ? Input : never;

const required = (says: string, isValid: (value: unknown) => boolean): Check<false> => ({
  optional: false,
  says,
  isValid,
});
const optional = (check: Check): Check<true> => ({ ...check, optional: true });

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const listOf = (isValid: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(isValid);

const text = required('a non-empty string', isText);
const number = required('a number', (value) => typeof value === 'number');
const boolean = required('true or false', (value) => typeof value === 'boolean');
const texts = required('a list of non-empty strings', listOf(isText));
const object = required('an object', isJsonObject);
const objects = required('a list of objects', listOf(isJsonObject));
const oneOf = (...names: readonly string[]): Check<false> =>
  required(names.join(' or '), (value) => names.some((name) => name === value));

export const SECTIONS: Readonly<Record<string, Readonly<Record<string, SeedList>>>> = {
  vercel: {
    projects: {
      checks: {
        team: text,
        teamId: text,
        project: text,
        projectId: text,
        issuerMode: optional(oneOf('team', 'global')),
        oidc: optional(boolean),
        environments: optional(texts),
        audience: optional(text),
      } satisfies Checks<SeedProject>,
      create: ({ vercel }, { environments: _environments, audience: _audience, ...project }: SeedProject) =>
        vercel.createProject(project),
    },
  },
  aws: {
    identityProviders: list('aws', 'createOpenIdConnectProvider', {
      accountId: text,
      url: text,
      clientIds: texts,
    }),
    roles: list('aws', 'createRole', {
      arn: text,
      trustPolicy: object,
      policies: optional(objects),
      maxSessionDuration: optional(number),
      trustPolicyQuota: optional(number),
      predatesIdentityProviderControls: optional(boolean),
    }),
    buckets: list('aws', 'createBucket', { name: text, accountId: text, region: text }),
  },
  gcp: {
    pools: list('gcp', 'createPool', { projectNumber: text, poolId: text, disabled: optional(boolean) }),
    providers: list('gcp', 'createProvider', {
      projectNumber: text,
      poolId: text,
      providerId: text,
      issuerUri: text,
      allowedAudiences: optional(texts),
      attributeMapping: object,
      attributeCondition: optional(text),
      disabled: optional(boolean),
    }),
    projects: list('gcp', 'createProject', { projectId: text, bindings: objects }),
    serviceAccounts: list('gcp', 'createServiceAccount', {
      email: text,
      bindings: objects,
      allowExtendedLifetime: optional(boolean),
    }),
    buckets: list('gcp', 'createBucket', { name: text, bindings: objects }),
  },
  azure: {
    tenants: list('azure', 'createTenant', {
      tenantId: text,
      domain: optional(text),
      tokenLifetimeSeconds: optional(number),
      refreshIn: optional(oneOf('long-lived', 'always')),
    }),
    applications: list('azure', 'createApplication', {
      tenantId: text,
      clientId: text,
      objectId: optional(text),
      alsoInTenants: optional(texts),
      identifierUris: optional(texts),
      federatedCredentials: objects,
      kind: optional(oneOf('application', 'managed-identity')),
      predatesCredentialRules: optional(boolean),
    }),
    storageAccounts: list('azure', 'createStorageAccount', {
      name: text,
      tenantId: text,
      containers: optional(texts),
      roleAssignments: objects,
      httpsTrafficOnly: optional(boolean),
    }),
  },
};
