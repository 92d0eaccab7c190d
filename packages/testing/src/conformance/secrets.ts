/** Drives each failure through core, as a user's call would, and looks for the token in what comes out. */

import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Credential, SubjectTokenSource } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { createCredentialProvider, readSubjectToken } from '@credex/core/driver';
import { wordsWith, type Check, type ConformanceOptions, type ExchangerHarness } from './harness.js';
import { FAILURES } from './failures.js';

/** As many characters in a row give away a part of a secret. */
const RUN = 24;

const EVERYTHING = { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity };

/** Fails where 24 characters in a row of a secret, or all of a shorter one, are in the error as a person may print it. */
export function assertNotSeen(secrets: readonly string[], thrown: unknown, where: string): void {
  const seen = [
    inspect(thrown, EVERYTHING),
    inspect(thrown, { ...EVERYTHING, getters: true, customInspect: false }),
    thrown instanceof Error ? `${thrown.message}${thrown.stack}` : String(thrown),
    JSON.stringify(thrown) ?? '',
  ].join('\n');
  for (const secret of secrets)
    for (let at = 0; at === 0 || at + RUN <= secret.length; at += 1)
      // The secret is not told here either.
      assert.ok(!seen.includes(secret.slice(at, at + RUN)), `A secret is seen in ${where}.`);
}

/** A token's payload and signature: its header is the same for every token of a key. */
const secretsOf = (jwt: string): readonly string[] => jwt.split('.').slice(1);

const sourceOf = (jwt: string): SubjectTokenSource => ({
  capture: () => ({ identityKey: 'conformance', token: async () => readSubjectToken(jwt) }),
});

async function refusalOf<C extends Credential, R>(
  { exchanger, request }: ExchangerHarness<C, R>,
  jwt: string,
  { fetch }: ConformanceOptions,
): Promise<unknown> {
  const provider = createCredentialProvider(exchanger, {
    source: sourceOf(jwt),
    cache: createCredentialCache(),
    fetch,
    // Retries come at once.
    random: () => 0,
  });
  return provider.getCredentials({ request: request as Partial<R> }).then(
    () => assert.fail('The exchange brought a credential; it was to fail.'),
    (error: unknown) => error,
  );
}

async function assertKept<C extends Credential, R>(
  harness: ExchangerHarness<C, R>,
  jwt: string,
  options: ConformanceOptions,
): Promise<void> {
  const error = await refusalOf(harness, jwt, options);
  assert.ok(FederationError.isInstance(error), 'What a user gets is a FederationError.');
  assertNotSeen(secretsOf(jwt), error, `the FederationError '${error.code}'`);
}

export const SECRET_CHECKS: readonly Check[] = [
  ...FAILURES.map(({ behaviour }): Check => ({
    name: `secrets: no error shows the token when the server says '${behaviour}'`,
    needs: [behaviour],
    run(harness, options) {
      const { good } = harness.tokens;
      harness.behave(behaviour, wordsWith(good));
      return assertKept(harness, good, options);
    },
  })),
  {
    name: 'secrets: no error shows a token of another identity',
    needs: ['subject', 'other-identity-token'],
    run: (harness, options) => assertKept(harness, harness.tokens.otherIdentity ?? '', options),
  },
];
