/** Remembers the decoded form of the last token, or the error of an unreadable one. */

import type { SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import { rememberedSubjectToken } from '@credex/core/driver';

export type Peeked =
  | { readonly token: SubjectToken; readonly error?: undefined }
  | { readonly token?: undefined; readonly error: FederationError };

export type TokenMemo = (jwt: string) => Peeked;

/** Remembers only the last token: in a process that serves one identity it is nearly always the same. */
export function createTokenMemo(): TokenMemo {
  let lastJwt: string | undefined;
  let last: Peeked | undefined;
  return (jwt) => {
    if (jwt === lastJwt && last !== undefined) return last;
    last = peek(jwt);
    lastJwt = jwt;
    return last;
  };
}

function peek(jwt: string): Peeked {
  try {
    return { token: rememberedSubjectToken(jwt) };
  } catch (error) {
    if (FederationError.isInstance(error)) return { error };
    throw error;
  }
}
