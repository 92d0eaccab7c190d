/** The driver of MongoDB at a strict server on loopback (`mongo-aws.ts`), with MONGODB-AWS. */

import type { AwsCredentialsProvider } from '@credex/aws';
import { mongodbOptions } from '@credex/connect/mongodb';
import type { AwsProvider } from '@credex/connect/mongodb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Bson } from '../support/mongo-server.js';
import { eventually } from '../stores/redis-server.mjs';
import { AWS } from '../support/trust.js';
import { client } from './clients.mjs';
import { startPlainServer } from './loopback-server.js';
import type { AwsMongoServer } from './mongo-aws.js';
import { startMongoAws } from './mongo-aws.js';
import { placeOf, reconnected, rejection, useDatabaseFixture } from './setup.js';
import type { Client } from './setup.js';

const CONNECTIONS = 20;

interface Mongo {
  db(name: string): { command(command: object): Promise<{ readonly ok: number }> };
  close(): Promise<void>;
}
interface Driver {
  readonly BSON: Bson;
  readonly MongoClient: new (url: string, options: object) => Mongo;
}

const { fixture, aws, exchanges } = useDatabaseFixture();
let server: AwsMongoServer;
beforeEach(async () => {
  const { BSON } = (await client('mongodb')) as unknown as Driver;
  server = await startMongoAws(BSON, fixture.emulator, AWS.roleArn);
});
afterEach(() => {
  vi.useRealTimers();
  server.close();
});

/** The driver signs with the time of the machine: it and the emulator go on together. */
function advance(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
}

async function connected(credentials: AwsProvider, more: object = {}, query = ''): Promise<Client> {
  const { MongoClient } = (await client('mongodb')) as unknown as Driver;
  const options = { ca: fixture.emulator.ca, serverSelectionTimeoutMS: 20_000, ...more };
  const mongo = new MongoClient(
    `mongodb://${server.address}/?directConnection=true${query}`,
    mongodbOptions({ ...options, credentials }),
  );
  return { run: () => mongo.db('shop').command({ ping: 1 }), end: () => mongo.close() };
}

test('20 connections cost one exchange; after everything has expired they connect again with the next one', async () => {
  const one = await connected(aws(), { minPoolSize: CONNECTIONS, maxPoolSize: CONNECTIONS });
  expect(await one.run()).toMatchObject({ ok: 1 });
  await eventually(() => server.logins().length >= CONNECTIONS);
  expect([server.logins().length, exchanges()]).toEqual([CONNECTIONS, 1]);
  advance(2 * 3_600_000);
  await reconnected(server, one);
  expect(exchanges()).toBe(2);
  expect(server.logins().filter(({ accepted }) => !accepted)).toEqual([]);
  await one.end();
});

test('a failing provider reaches the caller with its code, and then the client works', async () => {
  const [good, bad] = [aws(), aws('preview')];
  let isFailing = true;
  const one = await connected(() => (isFailing ? bad() : good()));
  for (let call = 0; call < 3; call += 1)
    expect(placeOf(await rejection(one.run()), 'access_denied')).toBe('cause');
  expect(server.logins()).toEqual([]);
  isFailing = false;
  expect(await one.run()).toMatchObject({ ok: 1 });
  await one.end();
});

test.each(['', '&tlsInsecure=true', '&tlsAllowInvalidCertificates=true', '&tls=false'])(
  'sends nothing to a server without TLS, or with a certificate of another authority%s',
  async (query) => {
    const credentials = vi.fn(aws());
    const plain = await startPlainServer(Buffer.alloc(16));
    const { address } = server;
    for (const place of [`127.0.0.1:${plain.port}`, address]) {
      Object.assign(server, { address: place });
      const more = { serverSelectionTimeoutMS: 300, ...(place === address ? { ca: undefined } : {}) };
      // The driver itself refuses some of the URLs.
      const one = await connected(credentials, more, query).catch(() => undefined);
      if (one === undefined) continue;
      await rejection(one.run());
      await one.end();
    }
    await plain.close();
    expect(credentials).not.toHaveBeenCalled();
    expect([0x16, undefined]).toContain(plain.received()[0]);
    expect(server.commands).toEqual([]);
  },
);

test.each([
  ['another secret key', { secretAccessKey: 'x'.repeat(40) }, 'SignatureDoesNotMatch'],
  ['no session token', { sessionToken: undefined }, 'InvalidClientTokenId'],
])('the server refuses %s', async (_what, changed, reason) => {
  const provider: AwsCredentialsProvider = aws();
  const one = await connected(
    async () => ({ ...(await provider()), ...changed }) as Awaited<ReturnType<AwsProvider>>,
  );
  await rejection(one.run());
  expect(server.logins()).toContainEqual({ accepted: false, reason });
  await one.end();
});
