import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createCredentialCache } from './cache.js';

/** What two copies of this package share in one process. */
const SHARED = [
  'CachedCredential',
  'Deferral',
  'CacheEntry',
  'RefreshOutcome',
  'RefreshDemand',
  'Refresh',
  'UnprovenExchanges',
  'StoreFailures',
  'StoreMemory',
  'EarlierToken',
  'CacheState',
  'CredentialCache',
];

it('raises the version of the cache whenever what two copies share has changed', () => {
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
  const source = read('cache.ts') + read('entry.ts');
  const declarations = SHARED.map((name) => {
    const pattern = new RegExp(`^export (?:interface|type) ${name} [^]*?^(?:}|.*};)$`, 'm');
    const [found] = pattern.exec(source) ?? [];
    if (found === undefined) throw new Error(`cache.ts declares no ${name}.`);
    return found.replaceAll(/\/\*\*[^]*?\*\/|\/\/.*$|\s+/gm, '');
  });
  const digest = createHash('sha256').update(declarations.join('\n')).digest('hex').slice(0, 16);
  // Another digest: raise `credex.cache.vN` in cache.ts, so that the two versions do not meet, and write both here.
  expect([createCredentialCache().contract, digest]).toEqual(['credex.cache.v4', '2b41e044e26f0a55']);
});
