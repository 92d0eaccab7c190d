/** The clients of Kafka at a strict broker on loopback (`kafka-broker.ts`), with tokens for Amazon MSK. */

import { awsCredentialsProvider } from '@credex/aws';
import { mskToken } from '@credex/aws/msk';
import { kafkaJsOptions, platformaticKafkaOptions } from '@credex/connect/kafka';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AWS } from '../support/trust.js';
import { client } from './clients.mjs';
import type { KafkaBroker, KafkaBrokerOptions } from './kafka-broker.js';
import { startKafkaBroker } from './kafka-broker.js';
import { startPlainServer } from './loopback-server.js';
import { codes, placeOf, reconnected, rejection, switched, useDatabaseFixture } from './setup.js';
import type { Client, Password } from './setup.js';

const CONNECTIONS = 20;
const TOPICS = ['orders', 'returns'];

interface Admin {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  close(): Promise<void>;
  listTopics(): Promise<string[]>;
}
type Place = { readonly port: number; readonly ca?: string };

const CLIENTS: Readonly<Record<string, (place: Place, token: Password) => Promise<Client>>> = {
  async kafkajs({ port, ca }, token) {
    const { Kafka, logLevel } = (await client('kafkajs')) as unknown as {
      Kafka: new (options: object) => { admin(): Admin };
      logLevel: { NOTHING: number };
    };
    const options = {
      clientId: 'shop',
      brokers: [`127.0.0.1:${port}`],
      // The default is a second, which is not enough for 20 handshakes of TLS at once.
      connectionTimeout: 30_000,
      retry: { initialRetryTime: 10, retries: 2 },
      logLevel: logLevel.NOTHING,
    };
    const admin = new Kafka(kafkaJsOptions({ ...options, ssl: { ca }, token })).admin();
    return {
      async run() {
        await admin.connect();
        return admin.listTopics();
      },
      end: () => admin.disconnect(),
    };
  },
  async '@platformatic/kafka'({ port, ca }, token) {
    const { Admin } = (await client('@platformatic/kafka')) as unknown as {
      Admin: new (options: object) => Admin;
    };
    const options = {
      clientId: 'shop',
      bootstrapBrokers: [`127.0.0.1:${port}`],
      connectTimeout: 30_000,
      // By default it tries three more times, whatever the error is.
      retries: 0,
    };
    const admin = new Admin(platformaticKafkaOptions({ ...options, tls: { ca }, token }));
    return { run: () => admin.listTopics(), end: () => admin.close() };
  },
};

/** Where the error of the provider is, in the one that the client throws. */
const FAILURE_AT: Readonly<Record<string, string>> = {
  kafkajs: 'cause',
  '@platformatic/kafka': 'errors.0.cause.cause',
};

const { fixture, msk, exchanges } = useDatabaseFixture();
let broker: KafkaBroker;
afterEach(async () => {
  vi.useRealTimers();
  await broker?.close();
});

/** Where the clients connect to. */
async function started(more: Partial<KafkaBrokerOptions> = {}): Promise<Place> {
  broker = await startKafkaBroker({
    emulator: fixture.emulator,
    region: AWS.region,
    topics: TOPICS,
    ...more,
  });
  return { port: broker.port, ca: fixture.emulator.ca };
}
const repeated = (): number => broker.logins().filter(({ isRepeated }) => isRepeated).length;

/** Where timers are replaced. */
async function soon(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !isSo(); await new Promise((resolve) => setImmediate(resolve)))
    if (Date.now() > end) throw new Error('It did not happen within 30 s.');
}

/** How a client comes to log in again: kafkajs with a request in the last ten seconds of a session, the other by a timer. */
const SECOND_LOGIN: Readonly<Record<string, { maxReauthMs?: number; due(): void }>> = {
  kafkajs: { maxReauthMs: 10_000, due: () => undefined },
  '@platformatic/kafka': {
    due() {
      fixture.emulator.clock.advance(720_000);
      vi.advanceTimersByTime(720_000);
    },
  },
};

describe.each(Object.entries(CLIENTS))('%s', (name, make) => {
  test('20 connections cost one exchange; after everything has expired they connect again with the next one', async () => {
    const place = await started();
    const token = msk();
    const all = await Promise.all(Array.from({ length: CONNECTIONS }, () => make(place, token)));
    expect(await Promise.all(all.map((one) => one.run()))).toEqual(all.map(() => TOPICS));
    expect([broker.connections(), broker.logins().length, exchanges()]).toEqual([
      CONNECTIONS,
      CONNECTIONS,
      1,
    ]);
    fixture.emulator.clock.advance(2 * 3_600_000);
    await Promise.all(all.map((one) => reconnected(broker, one)));
    expect(exchanges()).toBe(2);
    expect(broker.logins().filter(({ accepted }) => !accepted)).toEqual([]);
    expect(broker.violations()).toEqual([]);
    await Promise.all(all.map((one) => one.end()));
  });

  test('logs in again on the open connection before the session ends', async () => {
    if (name === '@platformatic/kafka') vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { due, ...more } = SECOND_LOGIN[name] as (typeof SECOND_LOGIN)[string];
    const one = await make(await started(more), msk());
    expect(await one.run()).toEqual(TOPICS);
    due();
    if (name === 'kafkajs') await one.run();
    await soon(() => repeated() > 0);
    expect(await one.run()).toEqual(TOPICS);
    expect([broker.connections(), exchanges()]).toEqual([1, 1]);
    expect(broker.logins().every(({ accepted }) => accepted)).toBe(true);
    expect(broker.violations()).toEqual([]);
    await one.end();
  });

  test('a failing provider reaches the caller with its code, is called once, and then it works', async () => {
    const state = { isFailing: true };
    const place = await started();
    const token = vi.fn(switched(state, msk(), msk('preview')));
    const one = await make(place, token);
    expect(placeOf(await rejection(one.run()), 'access_denied')).toBe(FAILURE_AT[name]);
    expect([token.mock.calls.length, broker.logins()]).toEqual([1, []]);
    state.isFailing = false;
    expect(await one.run()).toEqual(TOPICS);
    await one.end();
  });

  test('a provider that fails at the second login does not end the process, and the client recovers', async () => {
    if (name === '@platformatic/kafka') vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { due, ...more } = SECOND_LOGIN[name] as (typeof SECOND_LOGIN)[string];
    const state = { isFailing: false };
    const failing = vi.fn(msk('preview'));
    const one = await make(await started(more), switched(state, msk(), failing));
    await one.run();
    state.isFailing = true;
    due();
    const failed = name === 'kafkajs' ? rejection(one.run()) : soon(() => failing.mock.calls.length > 0);
    if (name === 'kafkajs') expect(codes(await failed)).toContain('access_denied');
    else {
      // Nothing of the caller's waits for the timer; the connection is gone, and the next call makes another one.
      await failed;
      expect(codes(await rejection(one.run()))).toContain('access_denied');
    }
    vi.useRealTimers();
    state.isFailing = false;
    expect(await one.run()).toEqual(TOPICS);
    expect(broker.connections()).toBe(2);
    await one.end();
  });

  test('sends nothing to a server without TLS, or with a certificate of another authority', async () => {
    const { port } = await started();
    const token = vi.fn(msk());
    const plain = await startPlainServer(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0]));
    for (const place of [{ port: plain.port, ca: fixture.emulator.ca }, { port }]) {
      const one = await make(place, token);
      await rejection(one.run());
      await one.end();
    }
    await plain.close();
    expect(token).not.toHaveBeenCalled();
    // A TLS handshake record, and no request of Kafka.
    expect(plain.received()[0]).toBe(0x16);
    expect([broker.connections(), broker.logins()]).toEqual([0, []]);
  });

  test('a token of another region is refused', async () => {
    const one = await make(await started(), msk('production', 'us-east-1'));
    await rejection(one.run());
    expect(broker.logins()).toMatchObject([
      { accepted: false, reason: expect.stringMatching(/^wrong_host/) },
    ]);
    await one.end();
  });

  test('a session that ends between two seconds: the lifetime of the token is a whole number', async () => {
    const place = await started();
    const provider = awsCredentialsProvider({
      ...fixture.options.aws,
      tokenSource: () => fixture.mint(),
    });
    const credentials = async () => ({
      ...(await provider()),
      expiration: new Date(fixture.emulator.clock.now() + 600_500),
    });
    const { clock } = fixture;
    const one = await make(place, mskToken({ region: AWS.region, credentials, clock }));
    expect(await one.run()).toEqual(TOPICS);
    const [login] = broker.logins();
    expect(login?.accepted).toBe(true);
    expect(login?.lifetimeMs).toBeLessThanOrEqual(600_500);
    expect(login?.lifetimeMs).toBeGreaterThan(590_000);
    await one.end();
  });
});
