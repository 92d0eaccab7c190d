// One instance over a store, as the frozen child and its test make it: the same record for both.
import { createCredentialCache } from '@credex/core';
import { createCredentialProvider, readSubjectToken } from '@credex/core/driver';
import { encryptedStore } from '@credex/store';

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const JWT = [{ alg: 'RS256' }, { environment: 'production', exp: 4_102_444_800 }, 'x'].map(part).join('.');

const source = {
  capture: () => ({
    identityKey: 'prj_frozen production',
    matchesIdentity: () => true,
    token: async () => readSubjectToken(JWT),
  }),
};

/**
 * @typedef {object} Settings
 * @property {import('@credex/core').CredentialStore} engine
 * @property {string} key
 * @property {string} namespace
 * @property {string} service The token service's URL.
 * @property {() => number} now The wall clock.
 * @property {number} [timeoutMs]
 */

/**
 * A provider that asks the token service for credentials of `lifeMs`.
 * @param {Settings} settings
 * @returns {import('@credex/core').CredentialProvider<{ readonly serial: number, readonly expiresAt: number }, { readonly scope: string, readonly lifeMs: number }>}
 */
export function instance({ engine, key, namespace, service, now, timeoutMs = 2_000 }) {
  const exchanger = {
    specificationVersion: 'v1',
    provider: 'frozen',
    cacheKeyFields: ({ scope, lifeMs }) => ({ scope, lifeMs }),
    parseStored: (record) => record,
    classify: () => ({ code: 'network', retry: 'now' }),
    async exchange({ scope, lifeMs }, context) {
      await context.subject();
      return context.step('token service', async (signal) => {
        const url = new URL(`${namespace}/${scope}/${lifeMs}`, service);
        const answer = await context.post(url, { headers: {}, body: '', signal });
        return { credential: JSON.parse(answer.body) };
      });
    },
  };
  return createCredentialProvider(exchanger, {
    source,
    cache: createCredentialCache(),
    clock: { now, monotonic: () => performance.now() },
    store: encryptedStore(engine, { key, namespace }),
    timeoutMs,
  });
}
