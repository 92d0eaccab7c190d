/** Classifies a failure of the developer's local login. */

import type { ErrorClass } from '@credex/core/driver';

/** There is neither a token nor a login. The code stays `no_subject_token`; the hint names both fixes. */
export function localFailure(error: unknown, login: string): ErrorClass {
  return {
    code: 'no_subject_token',
    retry: 'never',
    serverMessage: error instanceof Error ? error.message : undefined,
    hint: `There is no Vercel token, and the local login returned no credentials. Run \`vercel env pull\`, or ${login}.`,
  };
}
