/** pg (node-postgres), and what uses its pool: Kysely, Drizzle, Prisma's adapter. */

import { OptionError } from '@credex/core';
import { ownMembers } from '@credex/core/internal';
import { checkedPassword } from './password.js';
import type { PasswordCallback } from './password.js';
import { assertVerified, verifiedTls } from './tls.js';
import type { VerifiedTls } from './tls.js';

export type { PasswordCallback } from './password.js';

/** The options of `Pool` or `Client` of pg, with what this package needs of them. */
export interface PgOptions {
  /** Called for each new connection. */
  readonly password: PasswordCallback;
  /** TLS options such as `{ ca }`; `true` for a server with a certificate of a public authority. */
  readonly ssl: object | true;
  /** Refused: pg replaces `password` and `ssl` by what a connection string has. */
  readonly connectionString?: undefined;
}

/** What `new Pool()` takes. */
export type PgClientOptions<O extends PgOptions> = Omit<O, 'password' | 'ssl'> & {
  readonly password: PasswordCallback;
  readonly ssl: VerifiedTls<O['ssl']>;
};

/** The part of a pg client that is read while it logs in. */
interface PgClient {
  readonly connection?: { readonly stream?: { destroy(): void } } | undefined;
}

/**
 * Options for `new Pool()` and `new Client()` of pg 8.11 and later, with a password that is signed for each connection.
 * Kysely, Drizzle and `@prisma/adapter-pg` take the pool or these options. All other options pass unchanged.
 *
 * Before the password is sent, the connection itself is checked: encrypted, certificate verified. If the password function
 * fails, the query or `connect()` rejects with its error, and the connection is closed (pg leaves it open).
 *
 * @throws OptionError if `password` is no function, `ssl` is missing, off or unverified, or there is a `connectionString`
 *
 * @example
 * const pool = new Pool(
 *   pgOptions({
 *     host, port: 5432, user: 'app', database: 'shop', ssl: { ca },
 *     password: rdsPassword({ hostname: host, port: 5432, username: 'app', region: 'eu-west-1' }),
 *   }),
 * );
 */
export function pgOptions<O extends PgOptions>(options: O): PgClientOptions<O> {
  const { password, ssl, ...own } = ownMembers('pgOptions', options, ['password', 'ssl', 'connectionString']);
  if (own.connectionString !== undefined)
    throw new OptionError(
      'conflicting_options',
      'connectionString',
      undefined,
      '`connectionString` makes pg ignore the function `password` and, with `sslmode`, the option `ssl`. Pass its parts ' +
        'instead: `const { hostname: host, port, username: user, pathname } = new URL(connectionString)`.',
    );
  const tls = verifiedTls<O['ssl']>('ssl', ssl);
  const passwordOf = checkedPassword('password', password);
  return {
    ...own,
    ssl: tls,
    // pg calls it as a method of its client.
    async password(this: unknown) {
      const stream = (Object(this) as PgClient).connection?.stream;
      try {
        assertVerified('ssl', stream);
        return await passwordOf();
      } catch (error) {
        stream?.destroy();
        throw error;
      }
    },
  };
}
