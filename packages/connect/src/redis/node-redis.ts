import { OptionError } from '@credex/core';
import type { Clock } from '@credex/core';
import {
  callListener,
  invalidOption,
  optionalClock,
  optionalFunction,
  optionalInteger,
  ownMembers,
  startIdleTimer,
} from '@credex/core/internal';
import { checkedPassword, checkedUsername } from '../password.js';
import type { PasswordCallback } from '../password.js';
import { verifiedTls } from '../tls.js';

const MINUTE_MS = 60_000;
const TWELVE_HOURS_MS = 12 * 60 * MINUTE_MS;

/** More than the nodes of any cluster: node-redis never ends the subscriptions of connections that broke. */
const MOST_SUBSCRIPTIONS = 1_000;

/** The options of `createClient()` of node-redis, with what this package needs of them. */
export interface NodeRedisOptions {
  /** The Redis user, or a function that returns it, as `azureRedisPassword().username` does. Default: `default`. */
  readonly username?: string | (() => Promise<string>) | undefined;
  /** Called for each new connection. */
  readonly password: PasswordCallback;
  /** `rediss://host:port`, without user and password. */
  readonly url?: string | undefined;
  /** `{ host, port, tls: true, ca }`. */
  readonly socket?:
    { readonly tls?: boolean | undefined; readonly rejectUnauthorized?: boolean | undefined } | undefined;
  /**
   * Logs in again on connections that live, at this interval in milliseconds: 60,000 to 43,200,000. For ElastiCache and
   * MemoryDB, which end a connection 12 hours after its last login: 36,000,000 (10 hours). Default: never, so that the server
   * ends the connection and node-redis makes another one. Not with transactions that you send as separate commands: AUTH is
   * refused between MULTI and EXEC.
   */
  readonly reauthenticateMs?: number | undefined;
  /**
   * Called if such a login fails; it is tried again a minute later. The connection lasts until the server ends it. What it
   * throws, or rejects with, is dropped.
   */
  readonly onReauthenticationError?: ((error: Error) => void) | undefined;
  /** Time, for tests. */
  readonly clock?: Clock | undefined;
}

/** What node-redis sends to log in. */
export interface RedisCredentials {
  username: string;
  password: string;
}

type Subscription = [RedisCredentials, { dispose: () => void }];

/** The provider that node-redis asks, of one of its two kinds. */
export type RedisCredentialsProvider =
  | { readonly type: 'async-credentials-provider'; readonly credentials: () => Promise<RedisCredentials> }
  | {
      readonly type: 'streaming-credentials-provider';
      readonly subscribe: (listener: {
        onNext: (credentials: RedisCredentials) => void;
        onError: (error: Error) => void;
      }) => Promise<Subscription>;
      readonly onReAuthenticationError: (error: Error) => void;
    };

type Given = 'username' | 'password' | 'socket' | 'reauthenticateMs' | 'onReauthenticationError' | 'clock';

/** What `createClient()` takes, and `createCluster()` as `defaults`. */
export type NodeRedisClientOptions<O extends NodeRedisOptions> = Omit<O, Given> & {
  readonly credentialsProvider: RedisCredentialsProvider;
  readonly socket: Omit<NonNullable<O['socket']>, 'tls' | 'rejectUnauthorized'> & {
    tls: true;
    rejectUnauthorized: true;
  };
};

/**
 * Options for `createClient()` of node-redis (`redis` 5 and 6), and for `defaults` of `createCluster()`, with a password that is
 * signed for each connection. All other options pass unchanged.
 *
 * A failing password function is an `error` event with its error, and `connect()` goes on trying as `socket.reconnectStrategy`
 * says; with `false` it rejects with that error. Add a listener for `error`: node-redis ends a process without one.
 *
 * @throws OptionError if `password` is no function, TLS is off or unverified, or `url` has a user or a password, which
 *   node-redis would prefer
 *
 * @example
 * const client = createClient(
 *   nodeRedisOptions({
 *     username: 'app',
 *     password: elastiCachePassword({ cacheName: 'shop', userId: 'app', region: 'eu-west-1' }),
 *     socket: { host, port: 6379, tls: true },
 *   }),
 * );
 */
export function nodeRedisOptions<O extends NodeRedisOptions>(options: O): NodeRedisClientOptions<O> {
  const { username, password, socket, reauthenticateMs, onReauthenticationError, clock, ...own } = ownMembers(
    'nodeRedisOptions',
    options,
    ['username', 'password', 'socket', 'url', 'reauthenticateMs', 'onReauthenticationError', 'clock'],
  );
  const wanted: unknown = socket?.tls;
  if (wanted !== undefined && typeof wanted !== 'boolean')
    throw invalidOption(
      { option: 'socket.tls' },
      'true, with the TLS options next to it: `socket: { host, port, tls: true, ca }`',
      wanted,
    );
  const hasTls = urlHasTls(own.url) || wanted === true;
  const { tls: _tls, ...verified } = verifiedTls(
    hasTls ? 'socket' : 'socket.tls',
    hasTls ? { ...socket } : (wanted as never),
    '`socket: { host, port, tls: true, ca }`, without `ca` for a public authority',
  ) as {
    readonly tls?: unknown;
    readonly rejectUnauthorized: true;
  };
  const passwordOf = checkedPassword('password', password);
  const usernameOf = checkedUsername(username);
  const login = async (): Promise<RedisCredentials> => {
    const [user, secret] = await Promise.all([usernameOf(), passwordOf()]);
    return { username: user, password: secret };
  };
  const interval = optionalInteger(
    { option: 'reauthenticateMs' },
    reauthenticateMs,
    MINUTE_MS,
    TWELVE_HOURS_MS,
  );
  const onFailure = optionalFunction({ option: 'onReauthenticationError' }, onReauthenticationError);
  const time = optionalClock(clock);
  return {
    ...own,
    socket: { ...verified, tls: true } as never,
    credentialsProvider:
      interval === undefined
        ? { type: 'async-credentials-provider', credentials: login }
        : repeatedLogin(login, interval, (error) => callListener(onFailure, error), time),
  };
}

/** Whether the URL asks for TLS; false without a URL. */
function urlHasTls(url: unknown): boolean {
  if (url === undefined) return false;
  const refuse = (why: string): never => {
    throw new OptionError('conflicting_options', 'url', undefined, `\`url\` ${why}`);
  };
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'rediss:')
    return refuse('must begin with rediss://: the password is sent as it is, so TLS is required.');
  if (parsed.username !== '' || parsed.password !== '')
    return refuse(
      'has a user or a password, which node-redis prefers to the function `password`. Remove them, and pass `username`.',
    );
  return true;
}

/** Each connection of node-redis subscribes; a timer that keeps no process alive logs in again. */
function repeatedLogin(
  login: () => Promise<RedisCredentials>,
  intervalMs: number,
  onFailure: (error: Error) => void,
  clock: Clock | undefined,
): RedisCredentialsProvider {
  /** What ends each subscription, the oldest first. */
  const subscriptions = new Set<() => void>();
  return {
    type: 'streaming-credentials-provider',
    onReAuthenticationError: onFailure,
    async subscribe({ onNext }) {
      const first = await login();
      let stopTimer = (): void => undefined;
      const dispose = (): void => {
        subscriptions.delete(dispose);
        stopTimer();
      };
      const again = async (): Promise<void> => {
        let waitMs = intervalMs;
        try {
          const credentials = await login();
          if (subscriptions.has(dispose)) onNext(credentials);
        } catch (error) {
          waitMs = MINUTE_MS;
          onFailure(error as Error);
        }
        if (subscriptions.has(dispose)) stopTimer = startIdleTimer(clock, waitMs, () => void again());
      };
      const [oldest] = subscriptions;
      if (subscriptions.size >= MOST_SUBSCRIPTIONS) oldest?.();
      subscriptions.add(dispose);
      stopTimer = startIdleTimer(clock, intervalMs, () => void again());
      return [first, { dispose }];
    },
  };
}
