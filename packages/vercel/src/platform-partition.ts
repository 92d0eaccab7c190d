/** Whose process this is, by the variables that Vercel sets: the same rights, whatever the deployment. */

import type { SubjectClaims } from '@credex/core';
import { environmentVariable } from '@credex/core/driver';

export interface PlatformPartition {
  readonly name: string;
  covers(claims: SubjectClaims): boolean;
}

/** `guarded`: adds the source's own `expect`. `undefined` where a variable is missing: half a partition would mix what it doesn't name. */
export function platformPartition(guarded: (name: string) => string): PlatformPartition | undefined {
  const projectId = environmentVariable('VERCEL_PROJECT_ID');
  // A custom environment shows in VERCEL_TARGET_ENV only; VERCEL_ENV says `preview` there.
  const environment = environmentVariable('VERCEL_TARGET_ENV') ?? environmentVariable('VERCEL_ENV');
  if (projectId === undefined || environment === undefined) return undefined;
  return {
    name: guarded(JSON.stringify(['vercel', projectId, environment])),
    covers: (claims) => claims.project_id === projectId && claims.environment === environment,
  };
}
