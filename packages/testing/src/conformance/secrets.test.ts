import { FederationError } from '@credex/core';
import { describe, expect, it } from 'vitest';
import type { Breach } from './breaches.fixture.js';
import { answerWith, describeBreaches, exchangeWith, later, quoting } from './breaches.fixture.js';
import { assertNotSeen } from './secrets.js';

const BREACHES: readonly Breach[] = [
  [
    "a hint of the server's words, which hold the token",
    "secrets: no error shows the token when the server says 'garbage'",
    answerWith(quoting),
  ],
  [
    'the same by a promise',
    "secrets: no error shows the token when the server says 'garbage'",
    later(answerWith(quoting)),
  ],
  [
    'an error that names the token',
    'secrets: no error shows a token of another identity',
    exchangeWith((own) => async (request, context) => {
      const { jwt } = await context.subject();
      return own.exchange(request, context).catch(() => {
        throw new FederationError({ code: 'token_rejected', provider: 'sample', message: `No: ${jwt}` });
      });
    }),
  ],
];

describeBreaches(BREACHES);

describe('a secret is found', () => {
  const secret = 'the-secret-of-this-test-is-long-enough';

  it.each([
    ['in the message', new Error(`so ${secret}`)],
    ['in a part', new Error(secret.slice(3, 30))],
    [
      'deep in a property',
      Object.assign(new Error('no'), { config: { headers: [{ a: { b: { c: secret } } }] } }),
    ],
    ['in a hidden property', Object.defineProperty(new Error('no'), 'raw', { value: secret })],
    ['in the cause', new Error('no', { cause: { body: secret } })],
    ['behind a getter', Object.defineProperty(new Error('no'), 'raw', { get: () => secret })],
    ['in a symbol', Object.assign(new Error('no'), { [Symbol('raw')]: secret })],
    ['in toJSON', Object.assign(new Error('no'), { toJSON: () => secret })],
  ])('%s', (_where, error) => {
    expect(() => assertNotSeen([secret], error, 'the error')).toThrow('A secret is seen in the error.');
  });

  it('and is not told', () => {
    const tell = (): void => assertNotSeen([secret], new Error(secret), 'the error');
    expect(tell).toThrow(/^(?!.*the-secret)/s);
  });
});
