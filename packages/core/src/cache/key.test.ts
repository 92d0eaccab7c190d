import { describe, expect, it } from 'vitest';
import type { Json } from '../contract.js';
import { readSubjectToken } from '../token/source-error.js';
import { makeJwt } from '../provider.fixture.js';
import { createCredentialCache } from './cache.js';
import {
  canonicalJson,
  digestIdentity,
  keyText,
  knownKey,
  lengthPrefixed,
  platformIdentityKey,
  valueKey,
} from './key.js';
import { tokenDigest } from './own-token.js';

const FIELDS = {
  provider: 'aws',
  target: '{"roleArn":"arn:aws:iam::123456789012:role/app"}',
  audience: undefined,
  expectation: 'null',
};

describe('the value key', () => {
  it.each([
    [
      FIELDS,
      platformIdentityKey('["vercel","prj_1","production"]'),
      '8ytnML73io1y5wkdSe7hm1aup7RkSjf0iCHvyhpxlVI',
    ],
    [
      { ...FIELDS, audience: 'https://a.test' },
      digestIdentity('abc'),
      'eUOIQ43Q6LlnJt6fMut0w29cmn_7B0pXtU-GDaeJx60',
    ],
  ])(
    'of these fields stays what it is: a change parts every deployment from its shared store',
    async (fields, identityKey, key) => {
      expect(await valueKey(createCredentialCache(), keyText(fields, identityKey))).toBe(key);
    },
  );

  it('differs where anything differs, and cannot be made to collide by moving text from field to field', () => {
    const texts = new Set<string>();
    const parts = [
      '',
      'a',
      'b',
      'ab',
      '1:a',
      '1:a1:b',
      '"',
      'null',
      '0:',
      '\ud800',
      '\udfff',
      '\ufffd',
      '{}',
    ];
    for (const provider of parts)
      for (const target of parts)
        for (const audience of [undefined, ...parts])
          for (const identityKey of parts)
            texts.add(
              [
                ...new TextEncoder().encode(
                  keyText({ provider, target, audience, expectation: 'null' }, identityKey),
                ),
              ].join(),
            );
    // Providers and targets are ours: canonical text, which escapes half a surrogate pair.
    const wellFormed = parts.filter((part) => !/[\ud800-\udfff]/.test(part)).length;
    expect(texts.size).toBeGreaterThanOrEqual(wellFormed * wellFormed * (parts.length + 1) * parts.length);
  });

  it('keeps platform identity keys and digests apart', () => {
    expect(platformIdentityKey('x')).not.toBe(digestIdentity('x'));
  });

  it('is remembered, within a limit', async () => {
    const cache = createCredentialCache();
    expect(knownKey(cache, 'text')).toBeUndefined();
    const key = await valueKey(cache, 'text');
    expect(knownKey(cache, 'text')).toBe(key);
    for (let n = 0; n < 5_000; n++) await valueKey(cache, `text${n}`);
    expect(cache.state.keys.size).toBeLessThanOrEqual(4_096);
  });
});

describe('the digest of a token', () => {
  it('is remembered until the token ends, within a limit', async () => {
    const cache = createCredentialCache();
    const token = (n: number, exp = 1_000) => readSubjectToken(makeJwt({ n, exp }));
    const digest = await tokenDigest(cache, token(0), 0);
    expect(digest).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(await tokenDigest(cache, token(0), 0)).toBe(digest);
    expect(await tokenDigest(cache, token(1), 0)).not.toBe(digest);
    expect(cache.state.digests.size).toBe(2);
    await tokenDigest(cache, token(2, 9_999), 1_000_000);
    expect([...cache.state.digests.keys()]).toEqual([token(2, 9_999).jwt]);
    for (let n = 0; n < 1_500; n++) await tokenDigest(cache, token(n), 0);
    expect(cache.state.digests.size).toBeLessThanOrEqual(1_024);
  });
});

describe('canonical text', () => {
  it.each<[Json | undefined, string]>([
    [undefined, 'null'],
    [null, 'null'],
    [-0, '0'],
    [1e21, '1e+21'],
    ['é\u2028"\\', '"é\u2028\\"\\\\"'],
    ['\ud800', '"\\ud800"'],
    [[], '[]'],
    [[3, [2], {}], '[3,[2],{}]'],
    [{}, '{}'],
    [{ b: 1, a: { d: 1, c: [] }, 10: 1, 9: 1 }, '{"10":1,"9":1,"a":{"c":[],"d":1},"b":1}'],
    [{ a: undefined as never, b: null }, '{"b":null}'],
    [JSON.parse('{"__proto__":1,"constructor":2}') as Json, '{"__proto__":1,"constructor":2}'],
    [{ A: 1, a: 2, ä: 3, Z: 4 }, '{"A":1,"Z":4,"a":2,"ä":3}'],
  ])('of %j', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('of lists of fields is one for each list', () => {
    const lists = [
      [],
      [''],
      ['', ''],
      ['a'],
      ['a', ''],
      ['', 'a'],
      ['1:a'],
      ['a1:b'],
      ['a', 'b'],
      ['ab'],
      ['2:ab'],
      ['😀'],
      ['😀', ''],
    ];
    expect(new Set(lists.map(lengthPrefixed)).size).toBe(lists.length);
  });
});
