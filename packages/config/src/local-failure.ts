/** What a laptop's own login says when it can't help. */

import type { ErrorClass } from '@credex/core/driver';

/** Neither a token nor a login: the code stays the first one's, the hint names both ways. */
export function localFailure(error: unknown, login: string): ErrorClass {
  return {
    code: 'no_subject_token',
    retry: 'never',
    serverMessage: error instanceof Error ? error.message : undefined,
    hint: `There is no Vercel token here, and the local profile brought nothing: run \`vercel env pull\`, or ${login}.`,
  };
}
