import { expect, test } from 'vitest';
import { refusalResponse } from './adapter.js';
import { TokenVerificationError } from './errors.js';
import type { TokenVerificationErrorCode } from './errors.js';

const failed = (code: TokenVerificationErrorCode): TokenVerificationError =>
  new TokenVerificationError({
    code,
    message: 'secret words',
    hint: 'secret hint',
    presented: { iss: 'secret', aud: 'secret', sub: 'secret' } as never,
  });

const UNVERIFIED: readonly TokenVerificationErrorCode[] = [
  'malformed_token',
  'wrong_token_kind',
  'algorithm_not_allowed',
  'issuer_mismatch',
  'unknown_key',
  'invalid_signature',
  'token_expired',
  'token_not_yet_valid',
  'audience_mismatch',
  'invalid_claims',
];
const ALL: readonly TokenVerificationErrorCode[] = [
  ...UNVERIFIED,
  'no_token',
  'invalid_request',
  'not_allowed',
  'keys_unavailable',
  'aborted',
];

test('a request without a token is told the scheme, and no error', () => {
  expect(refusalResponse(failed('no_token'), undefined)).toEqual({
    status: 401,
    headers: {
      'www-authenticate': 'Bearer',
      'cache-control': 'no-store',
      'content-type': 'application/json',
    },
    body: '{"error":"missing_token"}',
  });
  expect(refusalResponse(failed('no_token'), 'orders').headers['www-authenticate']).toBe(
    'Bearer realm="orders"',
  );
});

test('the response is identical for every reason that a token is refused', () => {
  const responses = UNVERIFIED.map((code) => JSON.stringify(refusalResponse(failed(code), 'orders')));
  expect(new Set(responses).size).toBe(1);
  expect(refusalResponse(failed('token_expired'), 'orders')).toMatchObject({
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="orders", error="invalid_token"' },
    body: '{"error":"invalid_token"}',
  });
});

test('a token that is genuine and not allowed, and a header that is none', () => {
  expect(refusalResponse(failed('not_allowed'), undefined)).toMatchObject({
    status: 403,
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
    body: '{"error":"insufficient_scope"}',
  });
  expect(refusalResponse(failed('invalid_request'), undefined)).toMatchObject({
    status: 400,
    headers: { 'www-authenticate': 'Bearer error="invalid_request"' },
    body: '{"error":"invalid_request"}',
  });
});

test.each(['keys_unavailable', 'aborted'] as const)('%s: the caller may come again', (code) => {
  const { status, headers, body } = refusalResponse(failed(code), 'orders');
  expect({ status, body }).toEqual({ status: 503, body: '{"error":"temporarily_unavailable"}' });
  expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(headers).not.toHaveProperty('www-authenticate');
});

test.each(ALL)('%s: kept by no cache, and nothing of the error is in it', (code) => {
  const response = refusalResponse(failed(code), undefined);
  expect(response.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' });
  expect(JSON.stringify(response)).not.toContain('secret');
});

test('an error of another copy with a status that this one does not know accepts no request', () => {
  const odd = Object.assign(failed('malformed_token'), { status: 200 });
  expect(refusalResponse(odd, undefined).status).toBe(401);
});
