import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { FederationErrorCode } from './contract.js';
import { FederationError, federationErrorOf, presentedToken } from './federation-error.js';
import { OptionError } from './errors.js';
import { makeJwt } from './provider.fixture.js';

const JWT = makeJwt({ sub: 'CANARY', deep: 'x'.repeat(200) });
const KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYCANARYKEY0';

/** As nasty as the errors of HTTP libraries are: the secret in every corner that a printer may look into. */
function nasty(): Error {
  const error = new TypeError(`request failed: ${JWT}`) as Error & Record<string | symbol, unknown>;
  error.name = `Type${KEY}`;
  error.stack = `TypeError: ${JWT}\n at send (${KEY})`;
  error['code'] = KEY;
  error['config'] = { headers: { authorization: `Bearer ${JWT}` }, data: JWT };
  error['response'] = { body: JWT, request: { [JWT]: KEY } };
  error[Symbol('secret')] = KEY;
  error['cause'] = new AggregateError([new Error(JWT), KEY], JWT, { cause: { token: JWT } });
  Object.defineProperty(error, 'hidden', { value: JWT, enumerable: false });
  Object.defineProperty(error, 'getter', { get: () => JWT, enumerable: true });
  Object.setPrototypeOf(
    error,
    Object.create(TypeError.prototype, { inherited: { value: KEY, enumerable: true } }) as object,
  );
  return error;
}

const secretFree = (text: string): void => {
  for (const secret of [JWT, KEY])
    for (let at = 0; at + 12 <= secret.length; at += 3)
      expect(text.includes(secret.slice(at, at + 12)), `shows ${secret.slice(at, at + 12)}`).toBe(false);
};

it('no error shows the password of a proxy, wherever it stands', () => {
  const url = 'foo://user:hunter2@proxy.example:3128';
  const error = new FederationError({
    code: 'network',
    provider: 'aws',
    message: `No way through ${url}.`,
    hint: `Check ${url}.`,
    serverMessage: url,
    serverCode: url,
    cause: Object.assign(new Error(url, { cause: new Error(url) }), { code: url, name: url }),
  });
  const option = new OptionError('invalid_option', 'fetch', 'HTTPS_PROXY', `HTTPS_PROXY is ${url}.`);
  for (const shown of [
    inspect(error, { depth: 9, showHidden: true }),
    JSON.stringify(error),
    String(option),
  ]) {
    expect(shown).not.toContain('hunter2');
    expect(shown).toContain('proxy.example');
  }
});

describe('FederationError', () => {
  const made = (): FederationError =>
    federationErrorOf(
      'test',
      nasty(),
      {
        code: 'token_rejected',
        retry: 'never',
        status: 400,
        serverCode: `Denied${KEY}`,
        serverMessage: `for ${JWT}: ${KEY}`,
        hint: 'Do this.',
      },
      presentedToken({ iss: 'https://i', sub: 's', exp: 1 }),
    );

  it('shows no secret, however deep one looks', async () => {
    const error = made();
    secretFree(
      inspect(error, {
        depth: Infinity,
        showHidden: true,
        getters: true,
        maxStringLength: null,
        maxArrayLength: null,
      }),
    );
    secretFree(inspect(error, { depth: Infinity, showHidden: true, customInspect: false }));
    secretFree(JSON.stringify(error));
    secretFree(JSON.stringify(error, Object.getOwnPropertyNames(error)));
    secretFree(`${String(error)}${error.stack}${(error.cause as Error).stack}`);
    secretFree(inspect(structuredClone(error), { depth: Infinity, showHidden: true }));
    secretFree(inspect(Object.assign({}, error), { depth: Infinity }));
    const { port1, port2 } = new MessageChannel();
    const posted = await new Promise((resolve) => {
      port2.onmessage = ({ data }) => resolve(data);
      port1.postMessage(error);
    });
    port1.close();
    secretFree(inspect(posted, { depth: Infinity, showHidden: true }));
  });

  it('says what happened, what the server said, and what to do', () => {
    const error = made();
    expect(error.message).toMatch(/^The cloud rejected the subject token\. \(.*\) Do this\.$/);
    expect(error).toMatchObject({
      name: 'FederationError',
      code: 'token_rejected',
      retryable: false,
      provider: 'test',
      status: 400,
      hint: 'Do this.',
    });
    expect(error.presented).toMatchObject({ iss: 'https://i', sub: 's', expiresAt: 1_000 });
    expect(structuredClone(error).message).toBe(error.message);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'token_rejected', provider: 'test' });
  });

  it('is known across two copies of the package, and nothing else is', async () => {
    vi.resetModules();
    const copy = { ...(await import('./errors.js')), ...(await import('./federation-error.js')) };
    expect(copy.FederationError).not.toBe(FederationError);
    const theirs = new copy.FederationError({ code: 'timeout', provider: 'test', message: 'Late.' });
    expect(theirs instanceof FederationError).toBe(false);
    expect(FederationError.isInstance(theirs)).toBe(true);
    expect(federationErrorOf('test', theirs, { code: 'unknown', retry: 'never' }, undefined)).toBe(theirs);
    const misuse = new copy.OptionError('invalid_option', 'x', undefined, 'x');
    expect(OptionError.isInstance(misuse)).toBe(true);
    expect(misuse).toBeInstanceOf(TypeError);
    expect(FederationError.isInstance(misuse)).toBe(false);
    for (const other of [
      undefined,
      null,
      'x',
      5,
      {},
      new Error('x'),
      { code: 'timeout' },
      structuredClone(theirs),
    ])
      expect(FederationError.isInstance(other)).toBe(false);
  });

  it.each<[FederationErrorCode, boolean]>([
    ['throttled', true],
    ['unavailable', true],
    ['network', true],
    ['timeout', true],
    ['invalid_response', true],
    ['clock_skew', true],
    ['no_subject_token', false],
    ['invalid_subject_token', false],
    ['subject_token_expired', false],
    ['subject_token_not_yet_valid', false],
    ['subject_mismatch', false],
    ['no_fresher_token', false],
    ['token_rejected', false],
    ['issuer_mismatch', false],
    ['audience_mismatch', false],
    ['subject_not_allowed', false],
    ['subject_case_mismatch', false],
    ['access_denied', false],
    ['target_not_found', false],
    ['invalid_request', false],
    ['region_disabled', false],
    ['redirect_refused', false],
    ['aborted', false],
    ['unknown', false],
  ])('%s is retryable by itself: %s', (code, retryable) => {
    expect(new FederationError({ code, provider: 'test', message: 'x' }).retryable).toBe(retryable);
    expect(federationErrorOf('test', new Error('x'), { code, retry: 'never' }, undefined).message).toMatch(
      /^[A-Z].*\.$/,
    );
  });

  it('shows claims as one line of bounded length each, and no claim of a person', () => {
    const presented = presentedToken({
      iss: 'https://oidc.vercel.com/acme',
      sub: `a\n[FATAL] \u202eforged${'x'.repeat(10_000)}`,
      aud: Array.from({ length: 1_000 }, () => 'y'.repeat(1_000)),
      user_id: 'usr_1',
      name: 'Someone',
    });
    expect(presented.sub).not.toMatch(/[\n\u202e]/);
    expect(JSON.stringify(presented).length).toBeLessThan(4_000);
    expect(JSON.stringify(presented)).not.toMatch(/usr_1|Someone/);
    expect(Object.isFrozen(presented)).toBe(true);
  });
});

it.each([
  new FederationError({ code: 'network', provider: 'aws', message: 'It broke.' }),
  new OptionError('missing_option', 'roleArn', undefined, 'It is missing.'),
])('JSON of an error includes its message: %s', (error) => {
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({ message: error.message, code: error.code });
});
