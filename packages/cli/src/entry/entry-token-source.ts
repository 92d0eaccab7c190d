/** The Vercel token of the command line as a token source: found when it is asked for, held against what asks. */

import { resolve } from 'node:path';
import type { Subject, SubjectToken, SubjectTokenSource } from '@credex/core';
import { assertExpected, normalizeExpectation } from '@credex/core/internal';
import { requestTokenSource } from '@credex/vercel';
import type { Entry } from '@credex/config';
import type { FoundToken, TokenOptions } from '../find-token.js';
import { findToken } from '../find-token.js';
import type { Io } from '../io.js';
import type { EntryOptions } from './entry-options.js';
import { placeOf } from './entry-options.js';

/** Where `findToken` looks, seen from the configuration's folder; a file named by an option from the working directory. */
export function tokenOfEntry(io: Io, options: EntryOptions & TokenOptions): Promise<FoundToken> {
  const { token, tokenFile, local } = options;
  return findToken(
    { ...io, cwd: placeOf(io, options).directory },
    { token, local, tokenFile: tokenFile === undefined ? undefined : resolve(io.cwd, tokenFile) },
  );
}

/** The partition is the token's digest: which file it came from says nothing of whose it is. */
export function entryTokenSource(io: Io, find: () => Promise<FoundToken>): SubjectTokenSource {
  return {
    capture(): Subject {
      const finding = find();
      // Handled where it is awaited; a laptop's profile may make it unnecessary.
      finding.catch(() => undefined);
      return {
        identityKey: undefined,
        async token(wanted): Promise<SubjectToken> {
          const { jwt } = (await finding).token;
          const { fetch, clock } = io;
          // It refuses what has ended, and asks Vercel for another audience where one is wanted.
          const source = requestTokenSource({ get: () => jwt }, { fetch, clock });
          return source.capture().token(wanted);
        },
      };
    },
  };
}

/**
 * The token that the entry's cloud would be shown: of its audience, and only of an identity that its `expect` admits.
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
  assertExpected(expectation, token.claims);
  return token;
}
