// A process that is going to be frozen in the middle of an exchange. Its wall clock is the system's and what the
// file says when it was frozen: a clock that jumps while nothing runs must have jumped when the first thing runs again.
import { readFileSync } from 'node:fs';

const [, , core, server, offset] = process.argv;
const { createCredentialCache, createCredentialProvider } = await import(core);

const cache = createCredentialCache();
const clock = {
  now: () => Date.now() + Number(readFileSync(offset, 'utf8')),
  monotonic: () => performance.now(),
};

const exchanger = {
  specificationVersion: 'v1',
  provider: 'played',
  cacheKeyFields: () => ({}),
  parseStored: (record) => record,
  classify: () => ({ code: 'network', retry: 'now' }),
  async exchange(_request, context) {
    const { claims } = await context.subject();
    return context.step('host', async (signal) => {
      const url = new URL(claims.sub, server);
      const answer = await context.post(url, { headers: {}, body: '', signal });
      const { serial } = JSON.parse(answer.body);
      return { credential: { serial, expiresAt: clock.now() + 3_600_000 } };
    });
  },
};

let run = '';
const provider = createCredentialProvider(exchanger, {
  cache,
  clock,
  source: {
    capture() {
      const identityKey = run;
      const token = { jwt: `token-${identityKey}`, claims: { sub: identityKey, exp: 4_102_444_800 } };
      return { identityKey, token: async () => ({ ...token, expiresAt: 4_102_444_800_000 }) };
    },
  },
});

process.on('message', (message) => {
  if (message.what === 'end') {
    process.send({ what: 'rest', refreshes: cache.state.refreshes.size });
    process.disconnect();
    return;
  }
  run = message.run;
  const said = { what: 'settled', run: message.run, caller: message.caller };
  provider.getCredentials().then(
    ({ serial }) => process.send({ ...said, serial }),
    (error) => process.send({ ...said, error: `${error.code}: ${error.message}` }),
  );
});
process.send({ what: 'ready' });
