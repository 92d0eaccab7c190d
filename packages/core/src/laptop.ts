/** Whether this process is Vercel's, a server's or a CI job's, or runs on a developer's machine. One test for all. */

import { environmentVariable } from './environment.js';

/**
 * What `vercel env pull` writes, and `vercel dev` sets, calls the environment `development`, with VERCEL=1 too: no
 * deployment ever does.
 */
export function onVercel(): boolean {
  const named = [environmentVariable('VERCEL_TARGET_ENV'), environmentVariable('VERCEL_ENV')].filter(
    (name) => name !== undefined,
  );
  if (named.length === 0) return environmentVariable('VERCEL') !== undefined;
  return named.some((name) => name !== 'development');
}

/**
 * Whether a fallback to what a person is logged in with may be used: not on Vercel, not in CI, and not under NODE_ENV
 * `test` or `production`, where requests of others are served.
 */
export function isLaptop(): boolean {
  const mode = environmentVariable('NODE_ENV');
  const inCi = !['false', '0', undefined].includes(environmentVariable('CI'));
  return !onVercel() && !inCi && mode !== 'test' && mode !== 'production';
}
