/** `@credex/azure/databases`: Entra authentication of Azure Database, Azure Managed Redis and Azure SQL. */

import type { PasswordFunction } from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import { invalidOption, memberOf, ownCopy, ownOptions, refuseWithCredentials } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import { CHINA, US_GOVERNMENT, authorityOrigin } from './authority.js';
import { azureCredentialsProvider } from './azure-credentials-provider.js';
import type { AzureCredentialsProviderOptions } from './options.js';
import { OPTION_NAMES } from './options.js';
import type { AzureCredentials, AzureTokenOptions } from './types.js';

/** What the tokens come from: a provider of this package, or any `TokenCredential`, such as those of `@azure/identity`. */
export interface AzureDatabaseCredentials {
  getToken(
    scopes: string | string[],
    options?: AzureTokenOptions,
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

/** The options of `azureCredentialsProvider`, without `scopes`: the database determines the scope. Or a provider. */
export interface AzureDatabaseOptions extends Omit<AzureCredentialsProviderOptions, 'scopes'> {
  /**
   * The provider or `TokenCredential` that the tokens come from, instead of the options of `azureCredentialsProvider`. Only
   * `authorityHost`, which names the cloud of the database, and `allowLoopbackHttp` can be combined with it.
   */
  readonly credentials?: AzureDatabaseCredentials | undefined;
}

const DATABASE_OPTION_NAMES: readonly string[] = [
  ...OPTION_NAMES.filter((name) => name !== 'scopes'),
  'credentials',
];

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
export function azureDatabasePassword(options: AzureDatabaseOptions = {}): PasswordFunction {
  const getToken = tokensFor('azureDatabasePassword', options, {
    public: 'https://ossrdbms-aad.database.windows.net',
    usGovernment: 'https://ossrdbms-aad.database.usgovcloudapi.net',
    china: 'https://ossrdbms-aad.database.chinacloudapi.cn',
  });
  return passwordFrom(getToken);
}

/** The password of Azure Managed Redis and Azure Cache for Redis, and the user that belongs to it. */
export interface AzureRedisPassword extends PasswordFunction {
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
  const password = passwordFrom(
    tokensFor('azureRedisPassword', options, { public: 'https://redis.azure.com' }),
  );
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
 *   options: { encrypt: 'strict' },
 * });
 * @throws OptionError for an invalid option. `getToken` rejects with OptionError or FederationError
 */
export function azureSqlCredential(options: AzureDatabaseOptions = {}): AzureSqlCredential {
  const getToken = tokensFor('azureSqlCredential', options, {
    public: 'https://database.windows.net',
    usGovernment: 'https://database.usgovcloudapi.net',
    china: 'https://database.chinacloudapi.cn',
  });
  return { getToken: (_scopes, tokenOptions) => getToken(tokenOptions) };
}

/** The resource in the public cloud, and those of the clouds in which it has another name. */
interface Resources {
  readonly public: string;
  readonly usGovernment?: string;
  readonly china?: string;
}

type GetToken = (options?: AzureTokenOptions) => Promise<AzureCredentials>;

function passwordFrom(getToken: GetToken): PasswordFunction {
  const withExpiry = async (): Promise<{ readonly password: string; readonly expiresAt: number }> => {
    const { token, expiresOnTimestamp } = await getToken();
    return { password: token, expiresAt: expiresOnTimestamp };
  };
  // Clients pass arguments of their own, which are not for these functions.
  return Object.assign(async () => (await withExpiry()).password, { withExpiry });
}

/** Tokens for the resource, in the cloud of the authority. */
function tokensFor(factory: string, given: AzureDatabaseOptions, resources: Resources): GetToken {
  const { credentials, ...others } = ownOptions(factory, given, DATABASE_OPTION_NAMES, {
    scopes: `Remove it: ${factory} requests the one scope that the database accepts.`,
  });
  const options = ownCopy(others);
  const provider =
    credentials === undefined ? azureCredentialsProvider(options) : givenCredentials(credentials, options);
  const { host } = new URL(authorityOrigin(options.authorityHost, options.allowLoopbackHttp === true));
  const national: Readonly<Record<string, string | undefined>> = {
    [US_GOVERNMENT]: resources.usGovernment,
    [CHINA]: resources.china,
  };
  const scope = `${national[host] ?? resources.public}/.default`;
  return async (tokenOptions) => {
    const found = await provider.getToken(scope, tokenOptions);
    if (typeof found?.token === 'string' && found.token !== '')
      return isOurs(found) ? found : { ...found, expiresAt: found.expiresOnTimestamp };
    throw new OptionError(
      'invalid_option',
      'credentials',
      undefined,
      `\`credentials.getToken\` returned no token for ${scope}. Pass a credential that returns one, or the options of azureCredentialsProvider.`,
    );
  };
}

type AnyToken = NonNullable<Awaited<ReturnType<AzureDatabaseCredentials['getToken']>>>;

const isOurs = (token: AnyToken): token is AzureCredentials => Object.hasOwn(token, 'expiresAt');

function givenCredentials(
  credentials: AzureDatabaseCredentials,
  options: AzureCredentialsProviderOptions,
): AzureDatabaseCredentials {
  if (typeof credentials !== 'object' || typeof memberOf(credentials, 'getToken') !== 'function')
    throw invalidOption(
      { option: 'credentials' },
      'a TokenCredential, such as azureCredentialsProvider() returns',
      credentials,
    );
  refuseWithCredentials(options, ['authorityHost', 'allowLoopbackHttp']);
  return credentials;
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
