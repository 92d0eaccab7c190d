import { expect, test } from 'vitest';
import { FaultMisfit, alreadyExpired, withoutField } from './outcome.js';

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);
const json = (value: unknown) => ({ status: 200, body: JSON.stringify(value) });
const xml =
  '<R xmlns="urn:x"><C><Id>1</Id><Expiration>2030-01-01T00:00:00Z</Expiration></C><Id a="b">2</Id><E/></R>';

test('a JSON member goes, wherever it stands', () => {
  const answer = withoutField(json({ a: 1, inner: [{ a: 2, b: 3 }] }), 'a');
  expect(JSON.parse(answer.body as string)).toEqual({ inner: [{ b: 3 }] });
});

test('an XML element goes, with attributes, content or neither', () => {
  expect(withoutField({ status: 200, body: xml }, 'Id').body).toBe(
    '<R xmlns="urn:x"><C><Expiration>2030-01-01T00:00:00Z</Expiration></C><E/></R>',
  );
  expect(withoutField({ status: 200, body: xml }, 'E').body).not.toContain('<E/>');
  expect(withoutField({ status: 200, body: xml }, 'C').body).toBe(
    '<R xmlns="urn:x"><Id a="b">2</Id><E/></R>',
  );
});

test('a declared length goes with what it measured', () => {
  const body = '{"a":1,"b":2}';
  const answer = {
    status: 200,
    headers: { 'content-length': '13', 'x-kept': 'yes' },
    body: Buffer.from(body),
  };
  expect(withoutField(answer, 'a')).toEqual({ status: 200, headers: { 'x-kept': 'yes' }, body: '{"b":2}' });
});

test('a refusal stays as it is; a good answer without the field is a misfit', () => {
  const refusal = { status: 400, body: '{"error":"x"}' };
  expect(withoutField(refusal, 'error')).toBe(refusal);
  expect(() => withoutField(json({ a: 1 }), 'access_token')).toThrow(FaultMisfit);
  expect(() => withoutField({ status: 200, body: xml }, 'Nope')).toThrow("'Nope'");
  expect(() => alreadyExpired(json({ a: 1 }), NOW)).toThrow(FaultMisfit);
});

test.each([
  [
    { expires_in: 3599, refresh_in: 1800 },
    { expires_in: 0, refresh_in: 0 },
  ],
  [{ expires_in: '3599' }, { expires_in: '0' }],
  [{ expireTime: '2030-01-01T00:00:00Z' }, { expireTime: '2026-01-31T11:59:00Z' }],
  [{ expiry: NOW / 1000 + 3600 }, { expiry: NOW / 1000 - 60 }],
])('%j has ended: %j', (good, ended) => {
  expect(JSON.parse(alreadyExpired(json(good), NOW).body as string)).toEqual(ended);
});

test("AWS's Expiration has ended", () => {
  expect(alreadyExpired({ status: 200, body: xml }, NOW).body).toContain(
    '<Expiration>2026-01-31T11:59:00Z</Expiration>',
  );
});
