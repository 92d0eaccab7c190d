/** Errors of a token source. Loaded with the first failure. */

import type {
  FederationErrorCode,
  SubjectClaims,
  SubjectToken,
  TokenSourceDescription,
} from '../contract.js';
import type { FederationErrorFields } from '../errors.js';
import { isFederationError } from '../errors.js';
import { FederationError, loadFailureHint, presentedToken } from '../federation-error.js';
import { shown } from '../visible.js';
import type { DecodedToken, Expectation } from './subject-token.js';
import { UNNAMED_SOURCE, decodeSubjectToken, isNameOnly, unexpectedMembers } from './subject-token.js';

type Hints = Readonly<Partial<Record<FederationErrorCode, string>>>;

const NEUTRAL_HINTS: Hints = {
  invalid_subject_token: 'Pass the JWT exactly as its issuer sent it.',
  subject_mismatch: 'Add `projectId` or `ownerId` to `expect`.',
};

/**
 * Splits and decodes a JWT (RFC 7519). The token and its claims are frozen at any depth.
 * @throws FederationError `invalid_subject_token` where it isn't one, or has no numeric `exp`.
 */
export function readSubjectToken(jwt: unknown): SubjectToken {
  return readableToken(decodeSubjectToken(jwt));
}

/** The token of `decodeSubjectToken` or `rememberedToken`. @throws FederationError `invalid_subject_token` */
export function readableToken({ token, fault }: DecodedToken): SubjectToken {
  if (token === undefined) throw unreadableToken(fault);
  return token;
}

/** `fault`: why the token can't be read. */
export function unreadableToken(fault: string): FederationError {
  return new FederationError({
    code: 'invalid_subject_token',
    provider: UNNAMED_SOURCE.name,
    message: `The subject token is not a readable JWT: ${fault}.`,
  });
}

export function functionCalledOnce(): FederationError {
  return new FederationError({
    code: 'no_fresher_token',
    provider: UNNAMED_SOURCE.name,
    message: 'The function `tokenSource` is called once for each request.',
  });
}

/** What a source threw, as an error of that source. Anything but a FederationError may contain the token. */
export async function tokenSourceError(
  error: unknown,
  about: TokenSourceDescription,
): Promise<FederationErrorFields> {
  if (isFederationError(error)) return namedTokenError(error, about);
  return new FederationError({
    code: 'no_subject_token',
    provider: about.name,
    message: 'The token source failed.',
    hint: loadFailureHint(error),
    cause: error,
  });
}

/** An error that core made about a subject token, with the name of its source, and with its hint if it has one. */
export async function namedTokenError(
  error: FederationErrorFields,
  about: TokenSourceDescription,
): Promise<FederationErrorFields> {
  if (error.provider !== UNNAMED_SOURCE.name) return error;
  const { code, hint, cause } = error;
  // The constructor appended the hint to the message.
  const message = hint === undefined ? error.message : error.message.slice(0, -hint.length).trimEnd();
  return new FederationError({
    code,
    provider: about.name,
    message,
    hint: (await hintsOf(about))?.[code] ?? hint ?? NEUTRAL_HINTS[code],
    cause,
  });
}

/** `subject_mismatch`: a token that `isExpected` refused. */
export async function subjectMismatch(
  expectation: Expectation,
  claims: SubjectClaims,
  about: TokenSourceDescription,
): Promise<FederationError> {
  const { name: provider, sharedIssuers = [] } = about;
  const presented = presentedToken(claims);
  const { iss = '' } = claims;
  if (isNameOnly(expectation) && sharedIssuers.includes(iss)) {
    return new FederationError({
      code: 'subject_mismatch',
      provider,
      message: `The token comes from an issuer that many owners share (${quoted(iss)}), where names can be reused by another owner.`,
      hint: (await hintsOf(about))?.subject_mismatch ?? NEUTRAL_HINTS.subject_mismatch,
      presented,
    });
  }
  const differences = unexpectedMembers(expectation, claims).map(
    ([member, claim]) => `${member} ${quoted(claim)} where ${quoted(expectation[member])} is expected`,
  );
  return new FederationError({
    code: 'subject_mismatch',
    provider,
    message: `The subject token is not of the expected identity: ${differences.join('; ')}.`,
    hint: 'Nothing was sent to the cloud. Use the token of the expected deployment, or change `expect`.',
    presented,
  });
}

/** Hints that cannot be loaded must not replace the error that they explain. */
async function hintsOf(about: TokenSourceDescription): Promise<Hints | undefined> {
  try {
    return await about.hints?.();
  } catch {
    return undefined;
  }
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${shown(value)}'` : 'none';
}
