import { describe, expect, it } from 'vitest';
import { decodeBase64url, encodeBase64url } from './base64url.js';

describe('base64url', () => {
  it('encodes and decodes as Buffer does, at every length', () => {
    for (let length = 0; length < 70; length++) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 151 + length * 7) & 0xff);
      const text = encodeBase64url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(decodeBase64url(text)).toEqual(bytes);
    }
  });

  it('refuses every text that differs from the canonical one, in unused bits too', () => {
    const text = encodeBase64url(new Uint8Array([1, 2, 3, 4]));
    expect(text).toBe('AQIDBA');
    for (const other of [
      'AQIDBB',
      'AQIDBP',
      'AQIDBA=',
      'AQIDBA==',
      'AQIDB',
      'AQID BA',
      'AQ+DBA',
      'AQID/A',
      'AQIDBÀ',
    ])
      expect(decodeBase64url(other), other).toBeUndefined();
  });
});
