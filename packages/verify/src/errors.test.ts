import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { TokenVerificationError, refusal, type TokenVerificationErrorCode } from './errors.js';

const STATUS: Readonly<Record<TokenVerificationErrorCode, number>> = {
  no_token: 401,
  invalid_request: 400,
  malformed_token: 401,
  wrong_token_kind: 401,
  algorithm_not_allowed: 401,
  issuer_mismatch: 401,
  unknown_key: 401,
  invalid_signature: 401,
  token_expired: 401,
  token_not_yet_valid: 401,
  audience_mismatch: 401,
  invalid_claims: 401,
  not_allowed: 403,
  keys_unavailable: 503,
  aborted: 503,
};
const codes = Object.keys(STATUS) as readonly TokenVerificationErrorCode[];

describe.each(codes)('%s', (code) => {
  test('has a status and a hint that stands in its message', () => {
    const error = refusal(code, 'It is so.', { advice: 'And so.' });
    expect(error).toMatchObject({ code, status: STATUS[code], name: 'TokenVerificationError' });
    expect(error.hint).toMatch(/^And so\. .+\w/);
    expect(error.message).toBe(`It is so. ${error.hint}`);
  });
});

test('the README has a row for each code, in this order, with its status', () => {
  const readme = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
  const [, table = ''] = /^\| verification error .*\n\| -.*\n((?:\|.*\n)+)/m.exec(readme) ?? [];
  const rows = [...table.matchAll(/^\| `(\w+)` +\| (\d+) /gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(rows).toEqual(Object.entries(STATUS));
});

test('an error of another copy of the package is known, and nothing else is', () => {
  const foreign = Object.defineProperty(new Error('x'), Symbol.for('credex.TokenVerificationError'), {
    value: true,
  });
  expect(TokenVerificationError.isInstance(foreign)).toBe(true);
  expect(TokenVerificationError.isInstance(refusal('no_token', 'x'))).toBe(true);
  for (const other of [new Error('x'), null, undefined, 'no_token', { code: 'no_token' }])
    expect(TokenVerificationError.isInstance(other)).toBe(false);
});

test('what is shown of unverified claims: strings, lists of strings and a time, whatever else they contain', () => {
  const claims = {
    iss: ['x'],
    aud: ['a', 1],
    sub: { a: 1 },
    owner: 'acme\n',
    exp: '1',
    user_id: 'user_ada',
    jti: 'j',
  };
  const { presented } = refusal('invalid_claims', 'x', { claims });
  expect(JSON.parse(JSON.stringify(presented))).toEqual({ owner: 'acme\\x0a' });
  expect(refusal('invalid_claims', 'x', { claims: { aud: ['a', 'b'], exp: 1 } }).presented).toMatchObject({
    aud: ['a', 'b'],
    expiresAt: 1_000,
  });
});
