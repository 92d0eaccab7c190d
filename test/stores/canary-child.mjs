// A careless program with a store: errors go where Node writes them, the client has no listener, events are printed.
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { awsCredentialsProvider } from '@credex/aws';
import { encryptedStore } from '@credex/store';
import { redisStore } from '@credex/store/redis';

const { ioredis, port, aws, isCut } = JSON.parse(process.argv[2]);
const { Redis } = await import(pathToFileURL(ioredis).href);
const client = new Redis(port, '127.0.0.1');
// Connected, unless there is no server that answers.
if (!isCut) await client.ping();

const provider = awsCredentialsProvider({
  ...aws,
  store: encryptedStore(redisStore(client), { key: process.env.CREDEX_STORE_KEY }),
  onEvent: (event) => {
    console.error(inspect(event, { depth: 9 }));
    if (event.type === 'store') process.send(event.outcome);
  },
});
console.error(inspect(provider, { depth: 9, showHidden: true }));
try {
  await provider();
  console.error(inspect(provider.status(), { depth: 9 }));
} finally {
  client.disconnect();
  process.disconnect();
}
