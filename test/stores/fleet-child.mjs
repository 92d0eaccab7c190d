// One process with some cold instances that share a store on Redis. Told by JSON in argv; starts at the line `go`, prints
// one JSON line for each event. Every instance has its own cache and client; an exchange is a timer, counted in Redis.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { createCredentialCache } from '@credex/core';
import { createCredentialProvider, readSubjectToken } from '@credex/core/driver';
import { encryptedStore } from '@credex/store';
import { redisStore } from '@credex/store/redis';

const settings = JSON.parse(process.argv[2]);
const { instances, exchangeMs, port, key, ioredis, waitForLeaderMs, withStore } = settings;
const { Redis } = await import(pathToFileURL(ioredis).href);

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = [{ alg: 'RS256' }, { environment: 'production', exp: 4_102_444_800 }, 'x'].map(part).join('.');
const source = {
  capture: () => ({
    identityKey: 'prj_fleet production',
    matchesIdentity: () => true,
    token: async () => readSubjectToken(jwt),
  }),
};
const counter = new Redis(port, '127.0.0.1');
await counter.ping();

const exchanger = {
  specificationVersion: 'v1',
  provider: 'fleet',
  cacheKeyFields: () => ({}),
  async exchange(_request, context) {
    await context.subject();
    return context.step('cloud.test', async () => {
      const n = await counter.incr('exchanges');
      print({ type: 'exchange' });
      await new Promise((resolve) => setTimeout(resolve, exchangeMs));
      return { credential: { value: `v${n}`, expiresAt: Date.now() + 3_600_000 } };
    });
  },
  parseStored: (record) => record,
  classify: () => ({ code: 'unknown', retry: 'never' }),
};

const clients = [];
const providers = Array.from({ length: instances }, () => {
  const client = new Redis(port, '127.0.0.1');
  client.on('error', () => undefined);
  clients.push(client);
  const store = withStore ? encryptedStore(redisStore(client), { key, waitForLeaderMs }) : undefined;
  const outcomes = [];
  const onEvent = (event) => event.type === 'store' && outcomes.push(event.outcome);
  const cache = createCredentialCache();
  return { outcomes, provider: createCredentialProvider(exchanger, { source, cache, store, onEvent }) };
});

// The credentials are cold; the code is loaded, and the clients are connected. Otherwise the processor is measured.
await Promise.all(clients.map((client) => client.ping()));
const nowhere = { get: async () => undefined, set: async () => undefined, delete: async () => undefined };
const warm = {
  ...exchanger,
  exchange: async () => ({ credential: { value: 'warm', expiresAt: Date.now() + 3_600_000 } }),
};
for (let n = 0; n < 20; n++) {
  const cache = createCredentialCache();
  const store = encryptedStore(nowhere, { key });
  await createCredentialProvider(warm, { source, cache, store }).getCredentials();
}
print({ type: 'ready' });
createInterface({ input: process.stdin }).once('line', () => void run());

async function run() {
  const calls = providers.map(async ({ provider, outcomes }) => {
    const started = performance.now();
    try {
      const { value } = await provider.getCredentials();
      return { value, ms: performance.now() - started, outcomes };
    } catch (error) {
      return { error: String(error), outcomes };
    }
  });
  const done = JSON.stringify({ type: 'done', calls: await Promise.all(calls) });
  process.stdout.write(`${done}\n`, () => process.exit(0));
}
