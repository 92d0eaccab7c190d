/** The credentials provider of @redis/entraid, with a provider of ours as its `TokenCredential`, at a real Redis behind the gate. */

import type { TokenCredential } from '@azure/core-auth';
import type { Gate } from '@credex/testing/gates';
import { startRedisGate } from '@credex/testing/gates';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { REDIS, startRedis } from '../stores/redis-server.mjs';
import type { RedisServer } from '../stores/redis-server.mjs';
import { describeProgram } from '../support/programs.js';
import { AZURE } from '../support/trust.js';
import { client } from './clients.mjs';
import { rejection, useDatabaseFixture } from './setup.js';

interface EntraId {
  readonly EntraIdCredentialsProviderFactory: {
    createForDefaultAzureCredential(options: object): object;
  };
  readonly REDIS_SCOPE_DEFAULT: string;
}
interface NodeRedis {
  connect(): Promise<unknown>;
  get(key: string): Promise<unknown>;
  on(event: string, listener: () => void): NodeRedis;
  destroy(): void;
}

describeProgram('Redis', REDIS, () => {
  const { fixture, azure } = useDatabaseFixture();
  let server: RedisServer;
  let gate: Gate;
  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(async () => {
    await gate?.close();
    const login = { cloud: 'azure', tenantId: AZURE.tenantId } as const;
    gate = await startRedisGate({ emulator: fixture.emulator, server: { port: server.port }, login });
  });
  afterAll(async () => {
    await gate?.close();
    await server?.kill();
  });

  async function redisClient(credential: TokenCredential): Promise<NodeRedis> {
    const entraId = (await client('@redis/entraid')) as unknown as EntraId;
    const { createClient } = (await client('redis')) as unknown as {
      createClient: (options: object) => NodeRedis;
    };
    const credentialsProvider = entraId.EntraIdCredentialsProviderFactory.createForDefaultAzureCredential({
      credential,
      scopes: entraId.REDIS_SCOPE_DEFAULT,
      tokenManagerConfig: { expirationRefreshRatio: 0.8 },
    });
    const socket = { host: '127.0.0.1', port: gate.port, tls: true, ca: gate.ca, reconnectStrategy: false };
    return createClient({ credentialsProvider, socket }).on('error', () => undefined);
  }

  test('logs in with the token of the resource, and the object id in it as the user', async () => {
    const one = await redisClient(azure());
    await one.connect();
    expect(await one.get('key')).toBeNull();
    expect(gate.logins()).toMatchObject([{ accepted: true, passwordSent: true }]);
    expect(fixture.emulator.log.count('entra')).toBe(1);
    one.destroy();
  });

  test('a provider that fails rejects connect(), and no login is sent', async () => {
    const one = await redisClient(azure('preview'));
    expect(await rejection(one.connect())).toMatchObject({
      message: expect.stringMatching(/AADSTS|preview/),
    });
    expect(gate.logins()).toEqual([]);
    one.destroy();
  });
});
