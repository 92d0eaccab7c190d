/** The options, their grammar and their environment variables, and the configuration that is made of them. */

import type { SharedOptions } from '@credex/core';
import { OptionError } from '@credex/core/internal';
import type { Grammar, OptionName } from '@credex/core/internal';
import {
  SHARED_OPTION_NAMES,
  TENANT,
  invalidOption,
  optionalBoolean,
  optionalFunction,
  optionalStringList,
  optionNames,
  ownOptions,
  requiredString,
} from '@credex/core/internal';
import { authorityOrigin } from './authority.js';
import type { AzureConfiguration, AzureExchangerFactory } from './types.js';

export interface AzureCredentialsProviderOptions extends SharedOptions {
  /** The tenant (directory): a GUID or one of its domain names. Default: AZURE_TENANT_ID. Required. */
  readonly tenantId?: string | undefined;
  /** The application (client) id, a GUID. Default: AZURE_CLIENT_ID. Required. */
  readonly clientId?: string | undefined;
  /**
   * The scopes of a call that names none: scopes of one resource, each ending in `/.default`.
   * Default: `https://management.azure.com/.default`.
   */
  readonly scopes?: string | readonly string[] | undefined;
  /**
   * The https origin of the token endpoint. Default: AZURE_AUTHORITY_HOST, which accepts only Microsoft's hosts, or
   * else `https://login.microsoftonline.com`.
   */
  readonly authorityHost?: string | undefined;
  /** The other tenants that a call may request: a list, or `*` for any tenant. Default: none. */
  readonly additionallyAllowedTenants?: '*' | readonly string[] | undefined;
  /** For tests: allow `http:` on loopback for `authorityHost`. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
  /**
   * How the exchange is made. Default: one POST by credex, the same as that of `@azure/identity`.
   * `azureIdentityExchanger()` from `@credex/azure/identity` uses that package instead.
   */
  readonly exchanger?: AzureExchangerFactory | undefined;
}

/** The names of all options of `azureCredentialsProvider`. */
export const OPTION_NAMES: readonly string[] = [
  ...SHARED_OPTION_NAMES,
  ...optionNames<Omit<AzureCredentialsProviderOptions, keyof SharedOptions>>({
    tenantId: true,
    clientId: true,
    scopes: true,
    authorityHost: true,
    additionallyAllowedTenants: true,
    allowLoopbackHttp: true,
    exchanger: true,
  }),
];

/** @throws OptionError */
export function azureOptions(options: AzureCredentialsProviderOptions): AzureCredentialsProviderOptions {
  return ownOptions('azureCredentialsProvider', options, OPTION_NAMES);
}

const CLIENT_ID: Grammar = {
  pattern: /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
  says: 'the application (client) id, a GUID',
};

/** @param options as `azureOptions` returns them. @throws OptionError */
export function azureConfiguration(options: AzureCredentialsProviderOptions): AzureConfiguration {
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const tenant = { option: 'tenantId', environmentVariable: 'AZURE_TENANT_ID' };
  const client = { option: 'clientId', environmentVariable: 'AZURE_CLIENT_ID' };
  const { clock } = options;
  return Object.freeze({
    // Entra ignores the case of both: lower case gives one cache entry.
    tenantId: requiredString(tenant, options.tenantId, TENANT).toLowerCase(),
    clientId: requiredString(client, options.clientId, CLIENT_ID).toLowerCase(),
    authorityHost: authorityOrigin(options.authorityHost, allowLoopbackHttp),
    scopes: options.scopes === undefined ? DEFAULT_SCOPES : scopesOf({ option: 'scopes' }, options.scopes),
    additionallyAllowedTenants: allowedTenants(options.additionallyAllowedTenants),
    fetch: optionalFunction({ option: 'fetch' }, options.fetch),
    now: clock === undefined ? () => Date.now() : () => clock.now(),
  });
}

function allowedTenants(value: unknown): '*' | readonly string[] {
  const name = { option: 'additionallyAllowedTenants' };
  if (value === undefined) return [];
  if (value === '*') return '*';
  if (!Array.isArray(value)) throw invalidOption(name, "'*' or a list of tenants", value);
  if (value.includes('*')) return '*';
  if (value.length === 0) return [];
  return (optionalStringList(name, value, TENANT) ?? []).map((tenant) => tenant.toLowerCase());
}

/** Azure Resource Manager in the public cloud. */
const DEFAULT_SCOPES: readonly string[] = Object.freeze(['https://management.azure.com/.default']);

const SUFFIX = '/.default';

/**
 * Scope characters of RFC 6749, section 3.3. With the suffix, an application requests all permissions that it was
 * granted on a resource. Entra rejects any other scope in this flow. The resource itself may end in a slash.
 */
const SCOPE: Grammar = {
  pattern: /^[\x21\x23-\x5b\x5d-\x7e]{1,1000}\/\.default$/,
  says: 'a resource and /.default, such as https://vault.azure.net/.default or api://…/.default',
};

/** Sorted, without duplicates. A string is one scope: an Entra scope never contains a space. */
export function scopesOf(name: OptionName, value: unknown): readonly string[] {
  const list = optionalStringList(name, typeof value === 'string' ? [value] : value, SCOPE) ?? [];
  const scopes = [...new Set(list)].sort();
  const resources = new Set(scopes.map((scope) => scope.slice(0, -SUFFIX.length)));
  if (resources.size <= 1) return Object.freeze(scopes);
  throw new OptionError(
    'invalid_option',
    name.option,
    undefined,
    `\`${name.option}\` must name one resource, not ${resources.size} resources. Make one call for each.`,
  );
}
