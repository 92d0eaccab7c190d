/** What all clients have in common: a password function is required, and a verified TLS connection. */

import { OptionError } from '@credex/core';
import { describe, expect, test, vi } from 'vitest';
import { kafkaJsOptions, platformaticKafkaOptions } from './kafka.js';
import { mongodbOptions } from './mongodb.js';
import { mssqlOptions } from './mssql.js';
import { mysql2Options } from './mysql2.js';
import { pgOptions } from './pg.js';
import { postgresOptions } from './postgres.js';
import { ioredisOptions, nodeRedisOptions } from './redis.js';

const password = async (): Promise<string> => 'secret';
const host = 'db.example.com';

type Make = (options: object) => object;
interface Client {
  readonly make: Make;
  /** Options that are right. */
  readonly right: object;
  readonly secret: 'password' | 'token';
  /** The option with the TLS options, and how it is written. */
  readonly tls: string;
  readonly withTls: (tls: unknown) => object;
}

const CLIENTS: Readonly<Record<string, Client>> = {
  pg: {
    make: pgOptions as Make,
    right: { host, password, ssl: { ca: 'pem' } },
    secret: 'password',
    tls: 'ssl',
    withTls: (ssl) => ({ host, password, ssl }),
  },
  postgres: {
    make: postgresOptions as unknown as Make,
    right: { host, password, ssl: { ca: 'pem' } },
    secret: 'password',
    tls: 'ssl',
    withTls: (ssl) => ({ host, password, ssl }),
  },
  mysql2: {
    make: mysql2Options as Make,
    right: { host, password, ssl: { ca: 'pem' } },
    secret: 'password',
    tls: 'ssl',
    withTls: (ssl) => ({ host, password, ssl }),
  },
  'node-redis': {
    make: nodeRedisOptions as Make,
    right: { password, socket: { host, tls: true } },
    secret: 'password',
    tls: 'socket.tls',
    withTls: (tls) => ({
      password,
      socket: typeof tls === 'object' ? { host, tls: true, ...tls } : { host, tls },
    }),
  },
  ioredis: {
    make: ioredisOptions as Make,
    right: { host, password, tls: {} },
    secret: 'password',
    tls: 'tls',
    withTls: (tls) => ({ host, password, tls }),
  },
  kafkajs: {
    make: kafkaJsOptions as Make,
    right: { token: password, ssl: true },
    secret: 'token',
    tls: 'ssl',
    withTls: (ssl) => ({ token: password, ssl }),
  },
  '@platformatic/kafka': {
    make: platformaticKafkaOptions as Make,
    right: { token: password, tls: {} },
    secret: 'token',
    tls: 'tls',
    withTls: (tls) => ({ token: password, tls }),
  },
};

function refusal(run: () => unknown): OptionError {
  try {
    run();
  } catch (error) {
    if (OptionError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe.each(Object.entries(CLIENTS))('%s', (_name, { make, right, secret, tls, withTls }) => {
  test('requires a password function, and says so for a password', () => {
    expect(refusal(() => make({ ...right, [secret]: undefined }))).toMatchObject({
      code: 'missing_option',
      option: secret,
      message: expect.stringContaining('@credex/aws/rds'),
    });
    const constant = refusal(() => make({ ...right, [secret]: 'S3cret!pass' }));
    expect(constant).toMatchObject({ code: 'invalid_option', option: secret });
    expect(constant.message).toMatch(/valid for minutes only; it is a value of type string/);
    expect(constant.message).not.toContain('S3cret');
  });

  test.each([
    ['missing', undefined, 'missing_option'],
    ['off', false, 'invalid_option'],
  ])('refuses TLS that is %s, and says where the authorities are', (_what, value, code) => {
    expect(refusal(() => make(withTls(value)))).toMatchObject({
      code,
      option: tls,
      message: expect.stringMatching(/truststore\.pki\.rds\.amazonaws\.com/),
    });
  });

  test('refuses rejectUnauthorized: false, and names the option', () => {
    expect(refusal(() => make(withTls({ rejectUnauthorized: false })))).toMatchObject({
      code: 'invalid_option',
      // node-redis takes the TLS options next to `tls`.
      option: `${tls.replace('socket.tls', 'socket')}.rejectUnauthorized`,
      message: expect.stringMatching(/pass `ca`.*truststore\.pki\.rds\.amazonaws\.com/),
    });
  });

  test('sets rejectUnauthorized, which NODE_TLS_REJECT_UNAUTHORIZED=0 cannot change then', () => {
    expect(JSON.stringify(make(right))).toContain('"rejectUnauthorized":true');
  });

  test('passes all other options, and writes on none', () => {
    const given = Object.freeze({ ...right, max: 20 });
    expect(make(given)).toHaveProperty('max', 20);
  });

  test('refuses options of a class, whose members a copy would miss', () => {
    expect(() => make(Object.create(right) as object)).toThrow(/inherited/);
  });
});

describe('mongodb', () => {
  const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' });

  test('takes a provider or a token function, one of them', () => {
    expect(refusal(() => mongodbOptions({} as never))).toMatchObject({ code: 'missing_option' });
    expect(refusal(() => mongodbOptions({ credentials, token: password } as never))).toMatchObject({
      code: 'conflicting_options',
    });
    expect(mongodbOptions({ credentials })).toEqual({
      tls: true,
      rejectUnauthorized: true,
      tlsAllowInvalidCertificates: false,
      tlsAllowInvalidHostnames: false,
      authSource: '$external',
      authMechanism: 'MONGODB-AWS',
      authMechanismProperties: { AWS_CREDENTIAL_PROVIDER: credentials },
    });
  });

  test('returns the one field of a token that the driver accepts', async () => {
    const { authMechanism, authMechanismProperties } = mongodbOptions({
      token: password,
      allowedHosts: ['db.example.com'],
    });
    expect(authMechanism).toBe('MONGODB-OIDC');
    expect(authMechanismProperties.ALLOWED_HOSTS).toEqual(['db.example.com']);
    expect(await authMechanismProperties.OIDC_CALLBACK?.()).toEqual({ accessToken: 'secret' });
  });

  test.each(['tls', 'tlsInsecure', 'tlsAllowInvalidCertificates', 'tlsAllowInvalidHostnames'])(
    'refuses %s against the verification of TLS',
    (name) => {
      const value = name !== 'tls';
      expect(refusal(() => mongodbOptions({ credentials, [name]: value } as never))).toMatchObject({
        option: name,
        message: expect.stringMatching(/tlsCAFile/),
      });
      expect(() => mongodbOptions({ credentials, [name]: !value } as never)).not.toThrow();
    },
  );

  test.each([
    ['credentials', { credentials: null }, 'invalid_option'],
    ['credentials', { credentials: { accessKeyId: 'a', secretAccessKey: 's' } }, 'invalid_option'],
    ['allowedHosts', { credentials, allowedHosts: ['db.example.com'] }, 'conflicting_options'],
    ['auth', { credentials, auth: { username: 'a', password: 'b' } }, 'conflicting_options'],
    ['auth', { token: password, auth: { username: 'a', password: 'b' } }, 'conflicting_options'],
    ['tls', { credentials, tls: { ca: 'pem' } }, 'invalid_option'],
  ])('refuses %s, with which the driver would use another identity or authority', (option, given, code) => {
    expect(refusal(() => mongodbOptions(given as never))).toMatchObject({ code, option });
  });
});

test('what a URL of MongoDB or an undefined option asks for does not turn the verification off', () => {
  const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' });
  expect(mongodbOptions({ credentials } as never)).toMatchObject({
    tlsAllowInvalidCertificates: false,
    tlsAllowInvalidHostnames: false,
  });
  const ssl = { ca: 'ca', verifyIdentity: undefined };
  expect(mysql2Options({ password: async () => 'secret', ssl }).ssl).toMatchObject({ verifyIdentity: true });
});

test('node-redis refuses TLS options as `socket.tls`, with which host and port would be lost', () => {
  const socket = { host, port: 6379, tls: { ca: 'pem' } };
  expect(refusal(() => nodeRedisOptions({ password, socket } as never))).toMatchObject({
    option: 'socket.tls',
    message: expect.stringContaining('`socket: { host, port, tls: true, ca }`'),
  });
  const missing = refusal(() => nodeRedisOptions({ password, socket: { host } } as never));
  expect(missing.message).toContain('Pass `socket: { host, port, tls: true, ca }`');
  expect(nodeRedisOptions({ password, socket: { ...socket, tls: true, ca: 'pem' } as never }).socket).toEqual(
    {
      host,
      port: 6379,
      ca: 'pem',
      tls: true,
      rejectUnauthorized: true,
    },
  );
});

describe('mssql', () => {
  const asked: unknown[] = [];
  const credential = {
    async getToken(scopes: unknown) {
      asked.push(scopes);
      return { token: 'secret', expiresOnTimestamp: 0 };
    },
  };

  test('asks for the scope of Azure SQL, whatever the server names', async () => {
    const { authentication } = mssqlOptions({ credential, server: 'shop.database.windows.net' } as never);
    await authentication.options.credential.getToken('https://attacker.example/.default');
    const { authentication: china } = mssqlOptions({
      credential,
      scope: 'https://database.chinacloudapi.cn/.default',
    });
    await china.options.credential.getToken('');
    expect(asked).toEqual([
      'https://database.windows.net/.default',
      'https://database.chinacloudapi.cn/.default',
    ]);
  });

  test('keeps TLS on and the certificate verified', () => {
    expect(mssqlOptions({ credential, options: { rowCollectionOnDone: true } }).options).toEqual({
      rowCollectionOnDone: true,
      encrypt: 'strict',
      trustServerCertificate: false,
    });
    expect(mssqlOptions({ credential, options: { encrypt: 'strict' } }).options).toHaveProperty(
      'encrypt',
      'strict',
    );
    expect(refusal(() => mssqlOptions({ credential, options: { encrypt: false } })).option).toBe(
      'options.encrypt',
    );
    expect(
      refusal(() => mssqlOptions({ credential, options: { trustServerCertificate: true } })).option,
    ).toBe('options.trustServerCertificate');
  });

  test('refuses an environment that turns the check of certificates off, at once or later', async () => {
    const { authentication } = mssqlOptions({ credential });
    const before = asked.length;
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const refused = { code: 'invalid_option', environmentVariable: 'NODE_TLS_REJECT_UNAUTHORIZED' };
    try {
      expect(refusal(() => mssqlOptions({ credential }))).toMatchObject(refused);
      await expect(authentication.options.credential.getToken('')).rejects.toMatchObject(refused);
      expect(asked).toHaveLength(before);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('requires a credential', () => {
    expect(refusal(() => mssqlOptions({ credential: {} as never }))).toMatchObject({ option: 'credential' });
  });
});

test('mysql2 is given no function as `password`, by which it ends the process', () => {
  const { password, authPlugins } = mysql2Options({
    host: 'db.example.com',
    ssl: { ca: 'CA' },
    password: async () => 'secret',
  }) as { readonly password?: unknown; readonly authPlugins: object };
  expect(password).toBeUndefined();
  expect(Object.keys(authPlugins)).toEqual(['mysql_clear_password']);
});
