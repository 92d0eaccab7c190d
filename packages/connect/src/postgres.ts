/** postgres (postgres.js), also under Drizzle's `postgres-js` and kysely-postgres-js. */

import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { OptionError } from '@credex/core';
import { optionalInteger, ownMembers, requiredString } from '@credex/core/internal';
import { checkedPassword } from './password.js';
import type { PasswordCallback } from './password.js';
import { verifiedTls } from './tls.js';
import type { VerifiedTls } from './tls.js';

export type { PasswordCallback } from './password.js';

/** The options of `postgres()`, with what this package needs of them. */
export interface PostgresOptions {
  /** One server, as a name or an address. */
  readonly host: string;
  /** 1 to 65,535. Default: 5432. */
  readonly port?: number | undefined;
  /** Called for each new connection. */
  readonly password: PasswordCallback;
  /** TLS options such as `{ ca }`; `true` for a server with a certificate of a public authority. */
  readonly ssl: object | true;
  /** Refused: it is where the password is fetched. */
  readonly socket?: undefined;
  /** Refused: a Unix socket has no TLS. */
  readonly path?: undefined;
  /** Refused: postgres.js prefers it to `password`. */
  readonly pass?: undefined;
}

/** What `postgres()` takes. */
export type PostgresClientOptions<O extends PostgresOptions> = Omit<
  O,
  'host' | 'port' | 'password' | 'ssl' | 'socket' | 'path' | 'pass'
> & {
  readonly host: string;
  readonly port: number;
  readonly password: () => string;
  readonly ssl: VerifiedTls<O['ssl']>;
  readonly socket: () => Promise<Duplex>;
};

const KNOWN = ['host', 'port', 'password', 'ssl', 'socket', 'path', 'pass'] as const;
const ONE_HOST = { pattern: /^[^,/\s]+$/, says: 'the name or the address of one server' };

/**
 * Options for `postgres()` of postgres.js 3.4, with a password that is signed for each connection. All other options pass
 * unchanged.
 *
 * postgres.js does not handle a password function that rejects: the rejection ends the process. So the password is fetched
 * before the connection is made; a failure is the error of that connection, and the query rejects with it.
 *
 * @throws OptionError if `password` is no function, `host` is missing or names several servers, `port` is out of its range, `ssl`
 *   is missing, off or unverified, or there is a `socket`, a `path` or a `pass`
 *
 * @example
 * const sql = postgres(
 *   postgresOptions({
 *     host, port: 5432, user: 'app', database: 'shop', ssl: { ca },
 *     password: rdsPassword({ hostname: host, port: 5432, username: 'app', region: 'eu-west-1' }),
 *   }),
 * );
 */
export function postgresOptions<O extends PostgresOptions>(options: O): PostgresClientOptions<O> {
  const { host, port, password, ssl, socket, path, pass, ...others } = ownMembers(
    'postgresOptions',
    options,
    KNOWN,
  );
  for (const [name, value] of Object.entries({ socket, path, pass }))
    if (value !== undefined)
      throw new OptionError(
        'conflicting_options',
        name,
        undefined,
        `\`${name}\` does not work with a signed password: remove it, and pass \`host\`, \`port\`, \`password\` and \`ssl\`.`,
      );
  const server = {
    host: requiredString({ option: 'host' }, host, ONE_HOST),
    port: optionalInteger({ option: 'port' }, port, 1, 65_535) ?? 5432,
  };
  const tls = verifiedTls<O['ssl']>('ssl', ssl);
  const passwordOf = checkedPassword('password', password);
  // Any password that was signed lately opens any connection of this user to this server.
  let latest = '';
  return {
    ...others,
    ...server,
    // The name to verify where `host` is an address, for which postgres.js would take `localhost`.
    ssl: { ...tls, host: server.host },
    password: () => latest,
    async socket() {
      try {
        latest = await passwordOf();
      } catch (error) {
        return failedSocket(error as Error);
      }
      // postgres.js sends the property `host` as the server name of TLS.
      return Object.assign(new Socket().connect(server), { host: server.host });
    },
  };
}

/**
 * A connection whose first write fails with this error. A rejection instead would leave the pool of postgres.js with one
 * connection fewer, until there is none.
 */
function failedSocket(error: Error): Duplex {
  return new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(error),
  });
}
