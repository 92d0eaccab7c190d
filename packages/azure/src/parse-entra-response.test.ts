import { ResponseError } from '@credex/core/internal';
import { describe, expect, it } from 'vitest';
import { parseEntraResponse, parseStoredAzureCredentials } from './parse-entra-response.js';

const NOW = 1_800_000_000_000;
const GOOD = { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: 'entra-token' };
const parse = (body: unknown, status = 200) =>
  parseEntraResponse(
    { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) },
    NOW,
  );

describe('parseEntraResponse', () => {
  it('counts lifetimes from the time of the request', () => {
    expect(parse({ ...GOOD, refresh_in: 1800 })).toEqual({
      credential: {
        token: 'entra-token',
        expiresOnTimestamp: NOW + 3_599_000,
        expiresAt: NOW + 3_599_000,
        refreshAfterTimestamp: NOW + 1_800_000,
      },
      refreshAt: NOW + 1_800_000,
      maxLifetimeMs: 100_800_000,
    });
    expect(parse({ ...GOOD, token_type: 'bearer', expires_in: '3599' }).credential.expiresAt).toBe(
      NOW + 3_599_000,
    );
    expect(parse({ ...GOOD, refresh_in: '900' }).refreshAt).toBe(NOW + 900_000);
  });

  it.each([86_400, '86400', 0, 'soon', null, undefined])(
    'ignores ext_expires_in %j, which applies only during an outage of Entra',
    (ext_expires_in) => {
      expect(parse({ ...GOOD, ext_expires_in })).toEqual(parse(GOOD));
    },
  );

  it.each([['soon'], [0], [-1], [3599], [1e9], [null]])('ignores refresh_in %j', (refresh_in) => {
    const { credential, refreshAt } = parse({ ...GOOD, refresh_in });
    expect(refreshAt).toBeUndefined();
    expect(credential).not.toHaveProperty('refreshAfterTimestamp');
  });

  it.each([
    ['<html>proxy</html>', /not a JSON object/],
    ['', /not a JSON object/],
    ['[]', /not a JSON object/],
    ['null', /not a JSON object/],
    [{}, /access_token/],
    [{ ...GOOD, access_token: '' }, /access_token/],
    [{ ...GOOD, access_token: 7 }, /access_token/],
    [{ ...GOOD, access_token: 'two words' }, /access_token/],
    [{ ...GOOD, access_token: 'a\r\nx-injected: 1' }, /access_token/],
    [{ ...GOOD, access_token: '\ud800' }, /access_token/],
    [{ ...GOOD, token_type: 'pop' }, /token_type/],
    [{ ...GOOD, token_type: undefined }, /token_type/],
    [{ ...GOOD, expires_in: undefined }, /expires_in/],
    [{ ...GOOD, expires_in: null }, /expires_in/],
    [{ ...GOOD, expires_in: 0 }, /expires_in/],
    [{ ...GOOD, expires_in: -3600 }, /expires_in/],
    [{ ...GOOD, expires_in: '1e9' }, /expires_in/],
    [{ ...GOOD, expires_in: 3599.5 }, /expires_in/],
    [{ ...GOOD, expires_in: 1_800_003_600 }, /expires_in/],
  ])('refuses %j', (body, words) => {
    expect(() => parse(body)).toThrow(words);
    expect(() => parse(body)).toThrow(ResponseError);
  });

  it('reads a token only from status 200', () => {
    expect(() => parse(GOOD, 201)).toThrow(ResponseError);
    expect(() => parse(GOOD, 400)).toThrow(/status 400/);
  });
});

describe('parseStoredAzureCredentials', () => {
  it('returns the stored credential, frozen', () => {
    for (const record of [parse(GOOD).credential, parse({ ...GOOD, refresh_in: 900 }).credential]) {
      const revived = parseStoredAzureCredentials(JSON.parse(JSON.stringify({ ...record, planted: 'x' })));
      expect(revived).toEqual(record);
      expect(Object.isFrozen(revived)).toBe(true);
    }
  });

  const record = parse(GOOD).credential;
  it.each([
    null,
    'token',
    {},
    { ...record, token: '' },
    { ...record, token: 7 },
    { ...record, token: 'a\n' },
    { ...record, expiresAt: '1800000000000' },
    { ...record, expiresAt: Number.NaN },
    { ...record, expiresOnTimestamp: record.expiresAt + 1 },
    { ...record, refreshAfterTimestamp: 'soon' },
  ])('refuses %j', (bad) => {
    expect(() => parseStoredAzureCredentials(bad)).toThrow(TypeError);
  });
});
