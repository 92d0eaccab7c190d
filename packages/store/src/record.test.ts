import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KeyUse } from './record.js';
import { decryptRecord, encryptRecord, fields, recordName } from './record.js';
import { storeKeyOf } from './store-key.js';

const KEY = 'cxk1.production.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OTHER = 'cxk1.production.HwEeAx0FHAcbCRoLGQ0YDxcRFhMVFRQXExkSGxEdEB8';
const ENDS = 1_767_229_140_000;
const NAME = 'credex:1:a-name';
const RECORD = {
  key: 'a-key',
  provider: 'aws',
  issuedAt: 1_767_225_600_000,
  lifetimeMs: 3_600_000,
  credential: { accessKeyId: 'AKIAEXAMPLE', expiresAt: 1_767_229_200_000 },
};
const use = (key = KEY, namespace = 'credex'): KeyUse => ({ key: storeKeyOf(key), namespace, derived: {} });
const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, at) => first + at);

/** Written by another implementation, with node:crypto, from the format's description. */
interface Vector {
  readonly namespace: string;
  readonly provider: string;
  readonly cacheKey: string;
  readonly name: string;
  readonly text: string;
}
const vectors = JSON.parse(
  readFileSync(new URL('vectors.fixture.json', import.meta.url), 'utf8'),
) as readonly Vector[];

describe('the record format', () => {
  it.each(vectors)('keeps its names and texts: $namespace, $provider', async (vector) => {
    const { namespace, provider, cacheKey, name, text } = vector;
    const own = use(KEY, namespace);
    expect(await recordName(own, provider, cacheKey)).toBe(name);
    const record = { ...RECORD, key: cacheKey, provider };
    expect(await encryptRecord(own, name, record, ENDS, bytes(16, 1), bytes(12, 101))).toBe(text);
    expect(await decryptRecord(own, name, text)).toEqual({ record, endsAt: ENDS });
  });

  it('is ASCII that no client takes for JSON or a number', async () => {
    const text = await encryptRecord(use(), NAME, RECORD, ENDS);
    expect(text).toMatch(/^crx1\.[0-9a-z]+\.[A-Za-z0-9_-]+$/);
    expect(text).not.toContain('AKIA');
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  });

  it('uses a new salt and initialization vector for each record', async () => {
    const own = use();
    const texts = await Promise.all(Array.from({ length: 20 }, () => encryptRecord(own, NAME, RECORD, ENDS)));
    expect(new Set(texts.map((text) => text.split('.')[2]?.slice(0, 21))).size).toBe(20);
    expect(new Set(texts.map((text) => text.split('.')[2]?.slice(22, 37))).size).toBe(20);
  });

  it('joins texts so that no two lists give the same bytes', () => {
    expect(fields('a', 'bc')).not.toEqual(fields('ab', 'c'));
    expect(fields('é')).toEqual(new Uint8Array([0, 0, 0, 2, 0xc3, 0xa9]));
  });
});

describe('a record that is opened', () => {
  it.each([
    ['another name', use(), `${NAME}x`],
    ['another key', use(OTHER), NAME],
    ['another namespace', use(KEY, 'other'), NAME],
    ['another label', use(KEY.replace('production', 'preview')), NAME],
  ])('is not opened with %s', async (_what, own, name) => {
    const text = await encryptRecord(use(), NAME, RECORD, ENDS);
    expect(await decryptRecord(own, name, text)).toBeUndefined();
  });

  it('is not opened after its end was changed', async () => {
    const [version, , payload] = (await encryptRecord(use(), NAME, RECORD, ENDS)).split('.');
    for (const end of [ENDS + 1, 0, ENDS * 2].map((time) => time.toString(36)))
      expect(await decryptRecord(use(), NAME, `${version}.${end}.${payload}`)).toBeUndefined();
    const padded = `0${ENDS.toString(36)}`;
    expect(await decryptRecord(use(), NAME, `${version}.${padded}.${payload}`)).toBeUndefined();
  });

  it('is not opened with any one bit of its characters changed, the unused ones included', async () => {
    const own = use();
    const text = await encryptRecord(own, NAME, RECORD, ENDS);
    const changed = Array.from(text.slice(-40), (character, at) => {
      const place = text.length - 40 + at;
      return [1, 2, 4, 8, 16].map(
        (bit) =>
          text.slice(0, place) + String.fromCharCode(character.charCodeAt(0) ^ bit) + text.slice(place + 1),
      );
    }).flat();
    const opened = await Promise.all(changed.map((one) => decryptRecord(own, NAME, one)));
    expect(opened.filter((one) => one !== undefined)).toEqual([]);
  });

  it.each(['', 'crx1', 'crx1..', 'crx1.1.AAAA', 'crx2.1.AAAA', '{"crx1":1}', `crx1.1.${'A'.repeat(70_000)}`])(
    'is not opened if it is none: %s',
    async (text) => {
      expect(await decryptRecord(use(), NAME, text)).toBeUndefined();
    },
  );

  it.each([
    { ...RECORD, key: 1 },
    { ...RECORD, issuedAt: '1' },
    { ...RECORD, lifetimeMs: null },
    { ...RECORD, hintAge: 'x' },
    [],
    null,
  ])('is not opened if its content is no record: %j', async (content) => {
    const text = await encryptRecord(use(), NAME, content as never, ENDS);
    expect(await decryptRecord(use(), NAME, text)).toBeUndefined();
  });
});
