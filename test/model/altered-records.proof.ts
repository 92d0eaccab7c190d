/** Records of a shared store that someone changed: none is opened. */

import { createStoreKey, encryptedStore } from '@credex/store';
import { expect, test } from 'vitest';
import { memoryStore } from '../support/memory-store.js';

test('of 10,000 altered, swapped, truncated, extended and re-dated records none is opened', async () => {
  const opener = encryptedStore(
    memoryStore(() => 0),
    { key: createStoreKey('production') },
  );
  const derived = {};
  const names = await Promise.all(
    ['aws', 'gcp', 'azure'].map((provider) => opener.recordName(derived, provider, `key of ${provider}`)),
  );
  const records = await Promise.all(
    names.map((name, at) => {
      const record = {
        key: `key ${at}`,
        provider: 'aws',
        issuedAt: 1_767_225_600_000,
        lifetimeMs: 3_600_000,
        credential: { sessionToken: 'x'.repeat(300 + at), expiresAt: 1_767_229_200_000 },
      };
      return opener.encrypt(derived, name, record, 1_767_229_140_000);
    }),
  );
  const open = (name: string, text: string) => opener.decrypt(derived, name, text);
  // As they stand they are opened.
  for (const [at, name] of names.entries()) expect(await open(name, records[at] as string)).toBeDefined();

  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const altered: (readonly [string, string])[] = [];
  for (let round = 0; altered.length < 10_000; round++) {
    const at = round % names.length;
    const [name, text] = [names[at] as string, records[at] as string];
    const place = 5 + ((round * 7_919) % (text.length - 5));
    const other = alphabet[(alphabet.indexOf(text[place] as string) + 1 + (round % 62)) % 64] as string;
    const [version, end, payload] = text.split('.') as [string, string, string];
    altered.push(
      [name, text.slice(0, place) + other + text.slice(place + 1)],
      // The last character has unused bits.
      [
        name,
        text.slice(0, -1) +
          (alphabet[(alphabet.indexOf(text.at(-1) as string) ^ (1 + (round % 3))) % 64] as string),
      ],
      [names[(at + 1) % names.length] as string, text],
      [name, text.slice(0, text.length - 1 - (round % 200))],
      [name, text + alphabet[round % 64]],
      [name, `${version}.${(Number.parseInt(end, 36) + 1 + round).toString(36)}.${payload}`],
      [name, text.replace('crx1', `crx${2 + (round % 8)}`)],
    );
  }
  const changed = altered.filter(([name, text]) => text !== records[names.indexOf(name)]);
  expect(changed.length).toBeGreaterThanOrEqual(9_990);
  let opened = 0;
  for (let from = 0; from < changed.length; from += 500) {
    const found = await Promise.all(changed.slice(from, from + 500).map(([name, text]) => open(name, text)));
    opened += found.filter((one) => one !== undefined).length;
  }
  expect(opened).toBe(0);
});
