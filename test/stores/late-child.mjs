// A process whose Redis stands still from the moment at which the named command is sent until the call is over. Prints what
// the call got, and what a process with nothing cached gets after the command was executed late.
import { pathToFileURL } from 'node:url';
import { createCredentialCache } from '@credex/core';
import { createCredentialProvider, readSubjectToken } from '@credex/core/driver';
import { encryptedStore } from '@credex/store';
import { redisStore } from '@credex/store/redis';
import { eventually } from './redis-server.mjs';

const { client: kind, module, command, port, pid, key } = JSON.parse(process.argv[2]);
const loaded = await import(pathToFileURL(module).href);
const { Redis, createClient } = { ...loaded.default, ...loaded };
const client =
  kind === 'ioredis' ? new Redis(port, '127.0.0.1') : createClient({ socket: { host: '127.0.0.1', port } });
// As the clients' documentation asks for.
client.on('error', () => undefined);
if (kind === 'node-redis') await client.connect();
await client.ping();

let isStopping = false;
let isStopped = false;
const redis = redisStore(client);
const engine = Object.fromEntries(
  Object.entries(redis).map(([name, call]) => [
    name,
    (...given) => {
      if (isStopping && name === command) {
        isStopping = false;
        isStopped = true;
        process.kill(pid, 'SIGSTOP');
      }
      return call(...given);
    },
  ]),
);

let offset = 0;
const now = () => Date.now() + offset;
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const JWT = [{ alg: 'RS256' }, { environment: 'production', exp: 4_102_444_800 }, 'x'].map(part).join('.');
let exchanges = 0;

/** One instance. `exchange`: what its cloud does. */
function instance(exchange = async () => undefined) {
  const outcomes = [];
  const provider = createCredentialProvider(
    {
      specificationVersion: 'v1',
      provider: 'late',
      cacheKeyFields: () => ({}),
      parseStored: (record) => record,
      classify: () => ({ code: 'unavailable', retry: 'never' }),
      async exchange(_request, context) {
        await context.subject();
        exchanges += 1;
        await exchange();
        return { credential: { serial: exchanges, expiresAt: now() + 3_600_000 } };
      },
    },
    {
      source: {
        capture: () => ({
          identityKey: 'prj_late production',
          matchesIdentity: () => true,
          token: async () => readSubjectToken(JWT),
        }),
      },
      cache: createCredentialCache(),
      clock: { now, monotonic: () => performance.now() },
      store: encryptedStore(engine, { key }),
      onEvent: (event) => event.type === 'store' && outcomes.push(event.outcome),
    },
  );
  const call = async () => {
    const credential = await provider.getCredentials().catch(() => undefined);
    return { isExpired: credential !== undefined && credential.expiresAt <= now(), outcomes };
  };
  return { provider, call };
}

const locks = async () => (await client.keys('*:lock')).length;

/** What leads to the command. */
const BEFORE = {
  // Refused after the ten seconds from which on that counts: the next call deletes the record.
  async delete({ provider }) {
    const credential = await provider.getCredentials();
    offset += 20_000;
    provider.invalidate(credential);
  },
  // Another instance leads, and its exchange never ends.
  async takeOver() {
    void instance(() => new Promise(() => undefined)).call();
    await eventually(async () => (await locks()) === 1);
  },
};
const first = instance(command === 'unlock' ? () => Promise.reject(new Error('no')) : undefined);
await BEFORE[command]?.(first);
isStopping = true;
const { isExpired, outcomes } = await first.call();
if (!isStopped) throw new Error(`No ${command} was sent.`);
process.kill(pid, 'SIGCONT');
await client.ping();
// Sooner than a lock ends.
const since = performance.now();
await eventually(
  async () => command === 'delete' || (await locks()) === 0 || performance.now() - since > 3_000,
);
const left = command === 'delete' ? 0 : await locks();
const next = await instance().call();
process.stdout.write(JSON.stringify({ isExpired, outcomes, next, exchanges, locks: left }));
process.exit(0);
