/** The Vercel token of the command line as a token source. It is searched for when it is needed. */

import { resolve } from 'node:path';
import type { Subject, SubjectToken, SubjectTokenSource } from '@credex/core';
import { assertExpected, normalizeExpectation } from '@credex/core/internal';
import { requestTokenSource } from '@credex/vercel';
import { VERCEL } from '@credex/vercel/driver';
import type { Entry } from '@credex/config';
import type { FoundToken, TokenOptions } from '../find-token.js';
import { findToken } from '../find-token.js';
import type { Io } from '../io.js';
import type { EntryOptions } from './entry-options.js';
import { placeOf } from './entry-options.js';

/** Searches as `findToken` does, from the configuration's folder. `--token-file` is relative to the working directory. */
export function tokenOfEntry(io: Io, options: EntryOptions & TokenOptions): Promise<FoundToken> {
  const { token, tokenFile, local } = options;
  return findToken(
    { ...io, cwd: placeOf(io, options).directory },
    { token, local, tokenFile: tokenFile === undefined ? undefined : resolve(io.cwd, tokenFile) },
  );
}

/** The identity key is the token's digest, because the file that it came from does not identify it. */
export function entryTokenSource(io: Io, find: () => Promise<FoundToken>): SubjectTokenSource {
  return {
    about: VERCEL,
    capture(): Subject {
      const finding = find();
      // The rejection is handled where it is awaited. With a local profile it may not be needed.
      finding.catch(() => undefined);
      return {
        identityKey: undefined,
        async token(wanted): Promise<SubjectToken> {
          const { jwt } = (await finding).token;
          const { fetch, clock } = io;
          // Refuses an expired token, and requests a token of another audience from Vercel if necessary.
          const source = requestTokenSource({ get: () => jwt }, { fetch, clock });
          return source.capture().token(wanted);
        },
      };
    },
  };
}

/**
 * The token that the entry's cloud receives: of the entry's audience, and of an identity that its `expect` allows.
 * @throws FederationError
 */
export async function presentedOf(
  source: SubjectTokenSource,
  { audience, expect }: Entry,
  signal: AbortSignal,
): Promise<SubjectToken> {
  const expectation = normalizeExpectation(expect);
  const subject = source.capture();
  const token = await subject.token({ audience, fresh: false, signal });
  await assertExpected(expectation, token.claims, VERCEL);
  return token;
}
