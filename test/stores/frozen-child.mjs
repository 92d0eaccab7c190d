// A process that stops itself (SIGSTOP) at a stage of a refresh through a store on Redis. Its wall clock is the system's
// and what the file says: a clock that jumps while nothing runs has jumped when the first thing runs again.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { redisStore } from '@credex/store/redis';
import { instance } from './frozen-instance.mjs';

const { port, client: kind, module, offset, ...settings } = JSON.parse(process.argv[2]);
const loaded = await import(pathToFileURL(module).href);
const { Redis, createClient } = { ...loaded.default, ...loaded };
const CLIENTS = {
  ioredis: () => new Redis(port, '127.0.0.1', { connectionName: settings.namespace }),
  'node-redis': () => createClient({ socket: { host: '127.0.0.1', port }, name: settings.namespace }),
};
const client = CLIENTS[kind]();
// As the clients' documentation asks for.
client.on('error', () => undefined);
if (kind === 'node-redis') await client.connect();
const redis = redisStore(client);
const now = () => Date.now() + Number(readFileSync(offset, 'utf8'));

let stopAt;
const reached = (stage) => {
  if (stage !== stopAt) return;
  stopAt = undefined;
  process.kill(process.pid, 'SIGSTOP');
};

const engine = {
  ...redis,
  async get(...given) {
    reached('before the read');
    const found = await redis.get(...given);
    reached('after the read');
    return found;
  },
  async lock(...given) {
    const isLeader = await redis.lock(...given);
    reached('after the lock');
    return isLeader;
  },
  async set(...given) {
    reached('before the write');
    const written = redis.set(...given);
    reached('during the write');
    return written;
  },
};
const provider = instance({ ...settings, engine, now });

process.on('message', (message) => {
  if (message.what === 'end') {
    if (kind === 'ioredis') client.disconnect();
    else client.destroy();
    process.disconnect();
    return;
  }
  const { call, request } = message;
  stopAt = message.stopAt;
  provider.getCredentials({ request }).then(
    ({ serial, expiresAt }) => process.send({ what: 'settled', call, serial, leftMs: expiresAt - now() }),
    (error) => process.send({ what: 'settled', call, error: `${error.code}: ${error.message}` }),
  );
});
await client.ping();
process.send({ what: 'ready' });
