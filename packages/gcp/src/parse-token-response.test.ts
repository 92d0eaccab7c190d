import { ResponseError } from '@credex/core/internal';
import { describe, expect, test } from 'vitest';
import {
  parseGenerateAccessTokenResponse,
  parseStoredGcpCredentials,
  parseStsResponse,
} from './parse-token-response.js';

const response = (body: unknown, headers: Record<string, string> = {}) => ({
  status: 200,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const STS = {
  access_token: 'ya29.d.token',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 3599,
};

describe('the token exchange', () => {
  test('a successful response', () => {
    expect(parseStsResponse(response(STS))).toEqual({ accessToken: 'ya29.d.token', expiresInSeconds: 3599 });
    expect(
      parseStsResponse(response({ ...STS, token_type: 'bearer', issued_token_type: undefined })),
    ).toBeDefined();
    expect(parseStsResponse(response({ ...STS, expires_in: '3599' })).expiresInSeconds).toBe(3599);
  });

  test.each([
    ['is not a JSON object', 'access_token=1'],
    ['is not a JSON object', '[]'],
    ['is not a JSON object', 'null'],
    ['has no access_token', { ...STS, access_token: undefined }],
    ['has no access_token', { ...STS, access_token: '' }],
    ['has no access_token', { ...STS, access_token: 'a\r\nx-evil: 1' }],
    ['has no access_token', { ...STS, access_token: { token: 'x' } }],
    ['has a token_type', { ...STS, token_type: 'N_A' }],
    ['has a token_type', { ...STS, token_type: undefined }],
    ['has an issued_token_type', { ...STS, issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' }],
    ['has no expires_in', { ...STS, expires_in: '' }],
    ['has no expires_in', { ...STS, expires_in: '0' }],
    ['has no expires_in', { ...STS, expires_in: '1e3' }],
    ['has no expires_in', { ...STS, expires_in: ' 60' }],
    ['has no expires_in', { ...STS, expires_in: '3599.5' }],
    ['has no expires_in', { ...STS, expires_in: [3599] }],
    ['has no expires_in', { ...STS, expires_in: 0 }],
    ['has no expires_in', { ...STS, expires_in: -1 }],
    ['has no expires_in', { ...STS, expires_in: 1e12 }],
  ])('%s: %j', (problem, body) => {
    expect(() => parseStsResponse(response(body))).toThrow(ResponseError);
    expect(() => parseStsResponse(response(body))).toThrow(problem);
  });
});

describe('generateAccessToken', () => {
  test.each([
    ['2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['2026-01-02T03:04:05.123456789Z', Date.UTC(2026, 0, 2, 3, 4, 5, 123)],
    ['2026-01-02T03:04:05+02:00', Date.UTC(2026, 0, 2, 1, 4, 5)],
  ])('%s', (expireTime, expected) => {
    expect(parseGenerateAccessTokenResponse(response({ accessToken: 't', expireTime }))).toEqual({
      accessToken: 't',
      expireTime: expected,
    });
  });

  test.each([
    { accessToken: 't' },
    { accessToken: 't', expireTime: 'tomorrow' },
    { accessToken: 't', expireTime: '2026-13-40T99:00:00Z' },
    { accessToken: 't', expireTime: 1_800_000_000 },
    { accessToken: 't', expireTime: '2026-01-02' },
    { expireTime: '2026-01-02T03:04:05Z' },
  ])('%j is refused', (body) => {
    expect(() => parseGenerateAccessTokenResponse(response(body))).toThrow(ResponseError);
  });
});

test('a record of a shared store is parsed as untrusted', () => {
  const good = { accessToken: 't', expiresAt: 1, principal: 'p' };
  expect(parseStoredGcpCredentials({ ...good, more: 1 })).toEqual(good);
  expect(Object.isFrozen(parseStoredGcpCredentials(good))).toBe(true);
  for (const bad of [
    null,
    'x',
    {},
    { ...good, accessToken: 'a b' },
    { ...good, expiresAt: '1' },
    { ...good, expiresAt: Number.NaN },
    { ...good, principal: 1 },
  ])
    expect(() => parseStoredGcpCredentials(bad)).toThrow(TypeError);
  expect(parseStoredGcpCredentials(good, 'p')).toEqual(good);
  expect(() => parseStoredGcpCredentials(good, 'other@shop.iam.gserviceaccount.com')).toThrow(TypeError);
});
