import { Socket } from 'node:net';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { OptionError } from '@credex/core';
import type { Clock } from '@credex/core';
import type { Moment } from '@credex/core/internal';
import { momentOf, optionalClock, ownMembers, since, startTimer, systemClock } from '@credex/core/internal';
import { checkedPassword, checkedUsername } from '../password.js';
import type { PasswordCallback } from '../password.js';
import { verifiedTls } from '../tls.js';
import type { VerifiedTls } from '../tls.js';

/** A signed password opens connections for 15 minutes; an older one than this is replaced. */
const FRESH_MS = 5 * 60_000;

/** The options of `new Redis()` of ioredis, with what this package needs of them. */
export interface IoredisOptions {
  /** The Redis user, or a function that returns it, as `azureRedisPassword().username` does. Default: `default`. */
  readonly username?: string | (() => Promise<string>) | undefined;
  /** Called for each new connection. */
  readonly password: PasswordCallback;
  /** TLS options such as `{ ca }`; `{}` for a server with a certificate of a public authority, such as ElastiCache's. */
  readonly tls: object;
  /** Refused: a Unix socket has no TLS. */
  readonly path?: undefined;
  /** Refused: sentinels have their own connector. */
  readonly sentinels?: undefined;
  /** Refused: this package sets one. */
  readonly Connector?: undefined;
  /** Time, for tests. */
  readonly clock?: Clock | undefined;
}

/** What `new Redis()` takes, and `new Cluster()` as `redisOptions`. */
export type IoredisClientOptions<O extends IoredisOptions> = Omit<
  O,
  'username' | 'password' | 'tls' | 'path' | 'sentinels' | 'Connector' | 'clock'
> & {
  readonly username: string;
  readonly tls: VerifiedTls<O['tls']>;
  /** An `IoredisConnector` class. ioredis declares its own with private members, which no other class has. */
  readonly Connector: never;
};

/** The connector of one client, as ioredis calls it. */
interface IoredisConnector {
  firstError?: Error;
  check(info: unknown): boolean;
  connect(emit: unknown): Promise<Socket>;
  disconnect(): void;
}

/** The part of a client's options that a connector uses. */
interface ClientOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly family?: number | undefined;
  readonly tls?: ConnectionOptions | undefined;
  readonly disconnectTimeout?: number | undefined;
  username?: unknown;
  password?: unknown;
}

const REFUSED = {
  path: 'a Unix socket has no TLS',
  sentinels: 'sentinels have their own connector',
  Connector: 'the connector is where the password is fetched',
} as const;

/**
 * Options for `new Redis()` of ioredis 5 and 6, and for `redisOptions` of `new Cluster()`, with a password that is signed for each
 * connection. `duplicate()` keeps it. All other options pass unchanged.
 *
 * ioredis has no hook for a password, so a `Connector` fetches it at each connection. It never rejects, since ioredis would
 * stop for good: a failure is an `error` event with its error, and ioredis goes on as `retryStrategy` says.
 *
 * @throws OptionError if `password` is no function, `tls` is missing, off or unverified, or there is a `path`, are `sentinels` or a
 *   `Connector`
 *
 * @example
 * const redis = new Redis(
 *   ioredisOptions({
 *     host, port: 6379, tls: {}, username: 'app',
 *     password: elastiCachePassword({ cacheName: 'shop', userId: 'app', region: 'eu-west-1' }),
 *   }),
 * );
 */
export function ioredisOptions<O extends IoredisOptions>(options: O): IoredisClientOptions<O> {
  const { username, password, tls, path, sentinels, Connector, clock, ...own } = ownMembers(
    'ioredisOptions',
    options,
    ['username', 'password', 'tls', 'path', 'sentinels', 'Connector', 'clock'],
  );
  for (const [name, value] of Object.entries({ path, sentinels, Connector }))
    if (value !== undefined)
      throw new OptionError(
        'conflicting_options',
        name,
        undefined,
        `\`${name}\` does not work with a signed password: ${REFUSED[name as keyof typeof REFUSED]}. Remove it.`,
      );
  const usernameOf = checkedUsername(username);
  const passwordOf = checkedPassword('password', password);
  const time = optionalClock(clock) ?? systemClock;
  return {
    ...own,
    // Both are replaced for each connection; without a user, ioredis would send the password only.
    username: 'default',
    tls: verifiedTls<O['tls']>('tls', tls),
    Connector: connectorOf(() => new Login(usernameOf, passwordOf, time), time) as never,
  };
}

/** What is sent at the next login. */
class Login {
  readonly #usernameOf: () => Promise<string>;
  readonly #passwordOf: PasswordCallback;
  readonly #clock: Clock;
  #username = '';
  #password = '';
  #fetchedAt: Moment | undefined;

  constructor(usernameOf: () => Promise<string>, passwordOf: PasswordCallback, clock: Clock) {
    this.#usernameOf = usernameOf;
    this.#passwordOf = passwordOf;
    this.#clock = clock;
  }

  async fetch(): Promise<void> {
    [this.#username, this.#password] = await Promise.all([this.#usernameOf(), this.#passwordOf()]);
    this.#fetchedAt = momentOf(this.#clock);
  }

  /**
   * These stand for user and password in a client's options: ioredis keeps them for the login before the connector is asked, and
   * makes texts of them when it sends the login.
   */
  readonly username: { toString(): string } = { toString: () => this.#username };
  readonly password: { toString(): string } = {
    toString: () => {
      this.#replaceOld();
      return this.#password;
    },
  };

  /**
   * In a cluster, connections for subscriptions have no connector; they read the options of a node's client. If that password is too
   * old, their login fails, and succeeds when the cluster tries again.
   */
  #replaceOld(): void {
    const isOld = this.#fetchedAt !== undefined && since(this.#fetchedAt, this.#clock) > FRESH_MS;
    // A failure is an event of the next connection with a connector.
    if (isOld) this.fetch().catch(() => undefined);
  }
}

function connectorOf(makeLogin: () => Login, clock: Clock): new (options: unknown) => IoredisConnector {
  return class implements IoredisConnector {
    readonly #options: ClientOptions;
    readonly #login = makeLogin();
    #isConnecting = false;
    #stream: TLSSocket | undefined;
    declare firstError?: Error;

    constructor(options: unknown) {
      this.#options = options as ClientOptions;
      this.#options.username = this.#login.username;
      this.#options.password = this.#login.password;
    }

    check(): boolean {
      return true;
    }

    async connect(): Promise<Socket> {
      this.#isConnecting = true;
      delete this.firstError;
      try {
        await this.#login.fetch();
        if (this.#isConnecting) return this.#connect();
      } catch (error) {
        this.firstError = error as Error;
      }
      // ioredis emits `firstError` for a destroyed connection, and connects again.
      return new Socket().destroy();
    }

    #connect(): TLSSocket {
      const { host, port, family, tls } = this.#options;
      const stream = connect({
        ...(host === undefined ? {} : { host }),
        ...(family === undefined ? {} : { family }),
        port: port ?? 6379,
        ...tls,
        rejectUnauthorized: true,
      } as ConnectionOptions);
      stream.once('error', (error: Error) => {
        this.firstError = error;
      });
      this.#stream = stream;
      return stream;
    }

    disconnect(): void {
      this.#isConnecting = false;
      const stream = this.#stream;
      if (stream === undefined) return;
      const stop = startTimer(clock, this.#options.disconnectTimeout ?? 2_000, () => stream.destroy());
      stream.once('close', stop);
      stream.end();
    }
  };
}
