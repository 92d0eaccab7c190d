/** Whether this process is Vercel's, or somebody's laptop. */

import { environmentVariable } from '@credex/core/driver';

/**
 * What `vercel env pull` writes, and `vercel dev` sets, calls the environment `development`, with VERCEL=1 too: no
 * deployment ever does.
 */
export function onVercel(): boolean {
  const environment = environmentVariable('VERCEL_TARGET_ENV') ?? environmentVariable('VERCEL_ENV');
  return environment === undefined
    ? environmentVariable('VERCEL') !== undefined
    : environment !== 'development';
}
