/** The identity of this process from the variables that Vercel sets. All deployments of one identity have equal rights. */

import type { SubjectClaims } from '@credex/core';
import { environmentVariable } from '@credex/core/driver';

export interface PlatformIdentity {
  readonly name: string;
  matchesIdentity(claims: SubjectClaims): boolean;
}

/** `guarded` adds the source's `expect`. `undefined` if a variable is missing, because a partial key would mix identities. */
export function platformIdentity(guarded: (name: string) => string): PlatformIdentity | undefined {
  const projectId = environmentVariable('VERCEL_PROJECT_ID');
  // Only VERCEL_TARGET_ENV names a custom environment; VERCEL_ENV is `preview` there.
  const environment = environmentVariable('VERCEL_TARGET_ENV') ?? environmentVariable('VERCEL_ENV');
  if (projectId === undefined || environment === undefined) return undefined;
  return {
    name: guarded(JSON.stringify(['vercel', projectId, environment])),
    matchesIdentity: (claims) => claims.project_id === projectId && claims.environment === environment,
  };
}
