/** `@credex/gcp/cloud-sql`: passwords for IAM database authentication of Cloud SQL and AlloyDB. */

import type { PasswordFunction } from '@credex/core';
import type { Grammar } from '@credex/core/internal';
import {
  SERVICE_ACCOUNT_EMAIL,
  invalidOption,
  memberOf,
  optionNames,
  ownCopy,
  ownOptions,
  refuseWithCredentials,
  requiredString,
} from '@credex/core/internal';
import { gcpCredentialsProvider } from './gcp-credentials-provider.js';
import type { GcpCredentialsProviderOptions } from './options.js';
import { OPTION_NAMES } from './options.js';
import type { GcpCredentialsProvider } from './types.js';

/** The options of `gcpCredentialsProvider`, without `scopes`: the database determines the scope. Or a provider. */
export interface DatabasePasswordOptions extends Omit<GcpCredentialsProviderOptions, 'scopes'> {
  /**
   * The provider that the tokens come from, instead of the options of `gcpCredentialsProvider`. No other option can be combined
   * with it.
   */
  readonly credentials?: Pick<GcpCredentialsProvider, 'getCredentials'> | undefined;
}

const PASSWORD_OPTION_NAMES: readonly string[] = [
  ...OPTION_NAMES.filter((name) => name !== 'scopes'),
  'credentials',
];

/**
 * Returns a function that returns the password for Cloud SQL's IAM database authentication: an access token with the
 * scope `https://www.googleapis.com/auth/sqlservice.login` and no other. Pass the function as the `password` of a
 * client that calls it for each connection, such as pg. Calls share one exchange, as those of `getGcpCredentials` do.
 * The function takes no arguments and ignores any. Its method `withExpiry` returns the password with its expiry time.
 *
 * The token can open the database as the service account, so send it only over TLS. Cloud SQL checks it when the
 * connection is opened: an open connection stays open after the token has expired (an hour by default). The database
 * user is the one that `cloudSqlUser` returns, and its service account needs `roles/cloudsql.instanceUser`.
 *
 * @example
 * const pool = new Pool({
 *   host: '10.0.0.3',
 *   user: cloudSqlUser({ engine: 'postgres', serviceAccountEmail }),
 *   password: cloudSqlPassword({ serviceAccountEmail }),
 *   ssl: { ca },
 * });
 * @throws OptionError for an invalid option. The returned function rejects with OptionError or FederationError
 */
export function cloudSqlPassword(options: DatabasePasswordOptions = {}): PasswordFunction {
  return passwordFor('cloudSqlPassword', options, 'sqlservice.login');
}

/**
 * The same for AlloyDB: an access token with the scope `https://www.googleapis.com/auth/alloydb.login`. The database user
 * is the one that `cloudSqlUser` returns for PostgreSQL, and its service account needs `roles/alloydb.databaseUser`.
 *
 * @example
 * const pool = new Pool({ host, user: 'app@my-project.iam', password: alloyDbPassword({ serviceAccountEmail }), ssl: { ca } });
 * @throws OptionError for an invalid option. The returned function rejects with OptionError or FederationError
 */
export function alloyDbPassword(options: DatabasePasswordOptions = {}): PasswordFunction {
  return passwordFor('alloyDbPassword', options, 'alloydb.login');
}

function passwordFor(factory: string, given: DatabasePasswordOptions, scope: string): PasswordFunction {
  const { credentials, ...others } = ownOptions(factory, given, PASSWORD_OPTION_NAMES, {
    scopes: `Remove it: ${factory} requests the one scope that the database accepts.`,
  });
  const options = ownCopy(others);
  const provider =
    credentials === undefined ? gcpCredentialsProvider(options) : givenProvider(credentials, options);
  const request = { scopes: `https://www.googleapis.com/auth/${scope}` };
  const withExpiry = async (): Promise<{ readonly password: string; readonly expiresAt: number }> => {
    const { accessToken, expiresAt } = await provider.getCredentials({ request });
    return { password: accessToken, expiresAt };
  };
  // Clients pass arguments of their own, which are not for these functions.
  return Object.assign(async () => (await withExpiry()).password, { withExpiry });
}

function givenProvider(
  credentials: Pick<GcpCredentialsProvider, 'getCredentials'>,
  options: GcpCredentialsProviderOptions,
): Pick<GcpCredentialsProvider, 'getCredentials'> {
  if (typeof credentials !== 'object' || typeof memberOf(credentials, 'getCredentials') !== 'function')
    throw invalidOption({ option: 'credentials' }, 'a provider of gcpCredentialsProvider', credentials);
  refuseWithCredentials(options, []);
  return credentials;
}

export interface CloudSqlUserOptions {
  /** The database engine. For AlloyDB: `postgres`. */
  readonly engine: 'postgres' | 'mysql';
  /** The service account that is impersonated. Default: GCP_SERVICE_ACCOUNT_EMAIL. Required. */
  readonly serviceAccountEmail?: string | undefined;
}

/** What Cloud SQL leaves out of the address, because PostgreSQL limits the length of user names. */
const SUFFIX = '.gserviceaccount.com';

const ENGINE: Grammar = { pattern: /^(?:postgres|mysql)$/, says: "'postgres' or 'mysql'" };

/**
 * The database user of a service account, as Cloud SQL names it: `app@my-project.iam` in PostgreSQL (the email address
 * without `.gserviceaccount.com`), `app` in MySQL (the part before the @). It is the name for connecting; create it in
 * Cloud SQL as a user of type "Cloud IAM" with the whole address.
 *
 * @example
 * cloudSqlUser({ engine: 'mysql', serviceAccountEmail: 'app@my-project.iam.gserviceaccount.com' }); // 'app'
 * @throws OptionError for an invalid or missing option
 */
export function cloudSqlUser(given: CloudSqlUserOptions): string {
  const options = ownOptions(
    'cloudSqlUser',
    given,
    optionNames<CloudSqlUserOptions>({ engine: true, serviceAccountEmail: true }),
  );
  const engine = requiredString({ option: 'engine' }, options.engine, ENGINE);
  const name = { option: 'serviceAccountEmail', environmentVariable: 'GCP_SERVICE_ACCOUNT_EMAIL' };
  const email = requiredString(name, options.serviceAccountEmail, SERVICE_ACCOUNT_EMAIL);
  if (!email.endsWith(SUFFIX)) throw invalidOption(name, SERVICE_ACCOUNT_EMAIL.says, email);
  return engine === 'mysql' ? email.slice(0, email.indexOf('@')) : email.slice(0, -SUFFIX.length);
}
