/** Decoding a token costs tens of microseconds and the same one comes back for up to 90 minutes. */

import type { SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import { readSubjectToken } from '@credex/core/driver';

/** More than one when two apps live in one process, or a token turns over in mid-flight. */
const HELD = 16;

export type Peeked =
  | { readonly token: SubjectToken; readonly error?: undefined }
  | { readonly token?: undefined; readonly error: FederationError };

export type TokenMemo = (jwt: string) => Peeked;

/** Decodes tokens, remembering the last few; an unreadable one is an answer too. */
export function createTokenMemo(): TokenMemo {
  const memo = new Map<string, Peeked>();
  let lastJwt: string | undefined;
  let last: Peeked | undefined;
  return (jwt) => {
    if (jwt === lastJwt && last !== undefined) return last;
    let peeked = memo.get(jwt);
    if (peeked === undefined) {
      peeked = peek(jwt);
      if (memo.size >= HELD) memo.delete(memo.keys().next().value as string);
      memo.set(jwt, peeked);
    }
    lastJwt = jwt;
    last = peeked;
    return peeked;
  };
}

function peek(jwt: string): Peeked {
  try {
    return { token: readSubjectToken(jwt) };
  } catch (error) {
    if (FederationError.isInstance(error)) return { error };
    throw error;
  }
}
