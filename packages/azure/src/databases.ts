/** `@credex/azure/databases`: Entra authentication of Azure Database, Azure Managed Redis and Azure SQL. */

import { FederationError } from '@credex/core';
import { ownOptions, readSubjectToken } from '@credex/core/internal';
import { CHINA, US_GOVERNMENT } from './authority.js';
import { azureCredentialsProvider } from './azure-credentials-provider.js';
import type { AzureCredentialsProviderOptions } from './options.js';
import { OPTION_NAMES, azureConfiguration } from './options.js';
import type { AzureCredentials, AzureCredentialsProvider, AzureTokenOptions } from './types.js';

/** The options of `azureCredentialsProvider`, without `scopes`: the database determines the scope. */
export type AzureDatabaseOptions = Omit<AzureCredentialsProviderOptions, 'scopes'>;

const DATABASE_OPTION_NAMES: readonly string[] = OPTION_NAMES.filter((name) => name !== 'scopes');

/**
 * Returns a function that returns the password for Azure Database for PostgreSQL and for MySQL: an access token for the
 * resource `https://ossrdbms-aad.database.windows.net`, or that of the US Government or China cloud if `authorityHost`
 * is in one of these. Pass the function as the `password` of a client that calls it for each connection, such as pg.
 * Calls share one exchange. The function takes no arguments and ignores any.
 *
 * The token can open the database as the application, so send it only over TLS. The server checks it when the connection is
 * opened: an open connection stays open after the token has expired. The database user is the name that the application
 * (or the managed identity) has in the database, case-sensitive, as it was created by `pgaadauth_create_principal` or
 * `CREATE AADUSER`.
 *
 * @example
 * const pool = new Pool({
 *   host: 'shop.postgres.database.azure.com',
 *   user: 'shop-production',
 *   password: azureDatabasePassword({ tenantId, clientId }),
 *   ssl: true,
 * });
 * @throws OptionError for an invalid option. The returned function rejects with OptionError or FederationError
 */
export function azureDatabasePassword(options: AzureDatabaseOptions = {}): () => Promise<string> {
  const provider = providerFor('azureDatabasePassword', options, {
    public: 'https://ossrdbms-aad.database.windows.net',
    usGovernment: 'https://ossrdbms-aad.database.usgovcloudapi.net',
    china: 'https://ossrdbms-aad.database.chinacloudapi.cn',
  });
  return async () => (await provider.getCredentials()).token;
}

/** The password of Azure Managed Redis and Azure Cache for Redis, and the user that belongs to it. */
export interface AzureRedisPassword {
  /** The access token. */
  (): Promise<string>;
  /** The object id of the application or managed identity in the tenant: the token's claim `oid`. */
  username(): Promise<string>;
}

/**
 * Returns a function that returns the password for Azure Managed Redis and Azure Cache for Redis: an access token for
 * `https://redis.azure.com`. Its method `username` returns the Redis user, which must be the object id that the token
 * names (`oid`), not the application's client id. Calls of both share one exchange.
 *
 * Redis closes a connection when its token expires, unless the client sends AUTH with a newer one. A client with
 * streaming credentials, such as node-redis with `@redis/entraid`, does that.
 *
 * @example
 * const password = azureRedisPassword({ tenantId, clientId });
 * const client = createClient({
 *   url: 'rediss://shop.redis.azure.net:10000',
 *   credentialsProvider: {
 *     type: 'async-credentials-provider',
 *     credentials: async () => ({ username: await password.username(), password: await password() }),
 *   },
 * });
 * @throws OptionError for an invalid option. The returned functions reject with OptionError or FederationError
 */
export function azureRedisPassword(options: AzureDatabaseOptions = {}): AzureRedisPassword {
  const provider = providerFor('azureRedisPassword', options, { public: 'https://redis.azure.com' });
  const password = async (): Promise<string> => (await provider.getCredentials()).token;
  return Object.assign(password, { username: async () => objectIdOf(await password()) });
}

/** The credential of Azure SQL: a `TokenCredential` whose tokens are for Azure SQL only. */
export interface AzureSqlCredential {
  /** Returns a token for Azure SQL, whatever `scopes` names. */
  getToken(scopes?: string | readonly string[], options?: AzureTokenOptions): Promise<AzureCredentials>;
}

/**
 * Returns a `TokenCredential` for tedious and mssql with `authentication: { type: 'token-credential' }`. The clients
 * request the scope that the server names in its login response. This credential ignores that name and always requests
 * `https://database.windows.net/.default` (or the scope of the US Government or China cloud, by `authorityHost`), so
 * that a server which is not Azure SQL cannot obtain a token for another resource.
 *
 * @example
 * const connection = new Connection({
 *   server: 'shop.database.windows.net',
 *   authentication: { type: 'token-credential', options: { credential: azureSqlCredential({ tenantId, clientId }) } },
 *   options: { encrypt: true },
 * });
 * @throws OptionError for an invalid option. `getToken` rejects with OptionError or FederationError
 */
export function azureSqlCredential(options: AzureDatabaseOptions = {}): AzureSqlCredential {
  const provider = providerFor('azureSqlCredential', options, {
    public: 'https://database.windows.net',
    usGovernment: 'https://database.usgovcloudapi.net',
    china: 'https://database.chinacloudapi.cn',
  });
  return { getToken: (_scopes, tokenOptions) => provider.getToken(provider.scope, tokenOptions) };
}

/** The resource in the public cloud, and those of the clouds in which it has another name. */
interface Resources {
  readonly public: string;
  readonly usGovernment?: string;
  readonly china?: string;
}

function providerFor(
  factory: string,
  given: AzureDatabaseOptions,
  resources: Resources,
): AzureCredentialsProvider & { readonly scope: string } {
  const options = ownOptions<AzureCredentialsProviderOptions>(factory, given, DATABASE_OPTION_NAMES, {
    scopes: `Remove it: ${factory} requests the one scope that the database accepts.`,
  });
  const { authorityHost } = azureConfiguration(options);
  const national: Readonly<Record<string, string | undefined>> = {
    [US_GOVERNMENT]: resources.usGovernment,
    [CHINA]: resources.china,
  };
  const scope = `${national[new URL(authorityHost).host] ?? resources.public}/.default`;
  return { ...azureCredentialsProvider(Object.assign(options, { scopes: scope })), scope };
}

/** @throws FederationError `invalid_response` if the token does not name its principal */
function objectIdOf(token: string): string {
  const { oid } = claimsOf(token);
  if (typeof oid === 'string' && /^[0-9a-fA-F-]{36}$/.test(oid)) return oid;
  throw new FederationError({
    code: 'invalid_response',
    provider: 'azure',
    message: 'The access token names no object id (`oid`), which is the user name in Redis.',
    hint: 'Look up the object id of the application or managed identity in Entra and pass it to the client as the user name.',
  });
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return readSubjectToken(token).claims;
  } catch {
    // Entra may encrypt or change its tokens: they are opaque to a client that is not their audience.
    return {};
  }
}
