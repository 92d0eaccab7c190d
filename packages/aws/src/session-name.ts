/** The role session's name: what CloudTrail shows, and part of the cache key. */

import type { Grammar } from '@credex/core/internal';
import { environmentVariable, optionalString } from '@credex/core/internal';

const SESSION_NAME: Grammar = {
  pattern: /^[\w+=,.@-]{2,64}$/,
  says: '2 to 64 characters of A-Z, a-z, 0-9 and _+=,.@-',
};

/**
 * The name given, or `credex-{project id}-{environment}` of the Vercel deployment, or `credex`. Made of what is
 * known without I/O: the name in effect is in the key, and a key must not need the token.
 */
export function sessionName(value: unknown): string {
  return optionalString({ option: 'roleSessionName' }, value, SESSION_NAME) ?? defaultSessionName();
}

function defaultSessionName(): string {
  const parts = [
    'credex',
    environmentVariable('VERCEL_PROJECT_ID'),
    environmentVariable('VERCEL_TARGET_ENV') ?? environmentVariable('VERCEL_ENV'),
  ];
  return parts
    .filter((part) => part !== undefined)
    .join('-')
    .replaceAll(/[^\w+=,.@-]/g, '-')
    .slice(0, 64);
}
