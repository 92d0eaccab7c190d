/** Verifies a Vercel OIDC token in your own API. */

import { memberOf, sha256, shown } from '@credex/core/internal';
import { checkSignature } from './check-signature.js';
import type { TokenVerifierOptions, VercelTokenClaims, VercelTokenVerifier } from './contract.js';
import { issuerOfToken } from './issuers.js';
import type { TrustedIssuer } from './issuers.js';
import { createKeySet } from './key-set.js';
import type { KeySet } from './key-set.js';
import { MAX_TOKEN_LENGTH, readToken } from './read-token.js';
import type { ReadToken } from './read-token.js';
import { refusal } from './refuse.js';
import { checkRules } from './rules.js';
import { createVerifiedTokens } from './verified-tokens.js';
import { verifierSettings } from './verifier-options.js';
import { throwIfAborted } from './waiting.js';

interface IssuerWithKeys extends TrustedIssuer {
  readonly keySet: KeySet;
}

/**
 * Verifies the OIDC tokens of Vercel deployments, builds and laptops: form, algorithm, issuer, claims, times and
 * audience first, then the signature with the issuer's published keys, then `allow`. Only callers matched by `allow` are
 * accepted; options are never read from the environment.
 *
 * Create one verifier for the process: it caches the issuer's keys and the signatures it has checked. It fetches nothing
 * before the first token.
 *
 * @throws OptionError if an option is missing, unknown or malformed, or if a rule does not restrict the project and the
 * environment and does not use `'*'` for them.
 *
 * @example
 * const verifier = createTokenVerifier({
 *   team: 'acme',
 *   audience: 'https://api.acme.example',
 *   allow: [{ projectId: 'prj_shop', environment: 'production' }],
 * });
 * const claims = await verifier.verify(token);
 */
export function createTokenVerifier(options: TokenVerifierOptions): VercelTokenVerifier {
  const settings = verifierSettings(options);
  const { audiences, rules, algorithms, tolerance, timeoutMs, memoSize, transport, clock } = settings;
  // Each issuer has its own keys: those of the global issuer never verify a token of a team issuer, or the reverse.
  const issuers: ReadonlyMap<string, IssuerWithKeys> = new Map(
    settings.issuers.map((issuer) => [
      issuer.iss,
      { ...issuer, keySet: createKeySet({ url: issuer.keysUrl, transport, clock, timeoutMs }, algorithms) },
    ]),
  );
  const verified = createVerifiedTokens(memoSize, tolerance * 1000);

  const signatureChecked = async (
    token: string,
    digest: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReadToken> => {
    const read = readToken(token, algorithms);
    const { kid, claims } = read;
    const { keySet } = issuerOfToken(issuers, claims);
    // Check these first, so that a token that cannot be accepted causes no fetch of keys.
    checkTimes(claims, clock.now(), tolerance);
    checkAudience(claims, audiences);
    const key = keySet.cached(kid) ?? (await keySet.find(kid, claims, signal));
    await checkSignature(token, read, key);
    if (digest !== undefined) verified.add(digest, { ...read, key, keySet }, clock.now());
    return read;
  };

  return Object.freeze({
    rules: Object.freeze(rules.map(({ shown }) => shown)),
    async verify(token, call) {
      const signal = call === undefined ? undefined : memberOf(call, 'signal');
      throwIfAborted(signal);
      const digesting = memoSize > 0 && hasAcceptedLength(token) ? sha256(token) : undefined;
      // Await only a promise: on Node the digest is synchronous.
      const digest = typeof digesting === 'object' ? await digesting : digesting;
      const known = digest === undefined ? undefined : verified.get(digest, clock.now());
      const { claims } = known ?? (await signatureChecked(token, digest, signal));
      // Check the times on every call: the signature may be a remembered one, or the fetch of keys may have taken time.
      checkTimes(claims, clock.now(), tolerance);
      checkRules(rules, claims);
      return claims;
    },
  } satisfies VercelTokenVerifier);
}

/** The argument may be anything; `readToken` refuses what is not a token. */
const hasAcceptedLength = (token: unknown): boolean =>
  typeof token === 'string' && token.length <= MAX_TOKEN_LENGTH;

/**
 * Done on every call, for remembered tokens as well. A token has expired at `exp` (RFC 7519, section 4.1.4) and is not valid before `nbf` or `iat`. `tolerance` extends the
 * period at both ends.
 *
 * @param nowMs epoch milliseconds
 * @param tolerance seconds
 * @throws TokenVerificationError `token_expired`, `token_not_yet_valid`
 */
function checkTimes(claims: VercelTokenClaims, nowMs: number, tolerance: number): void {
  const { exp, iat, nbf } = claims;
  const now = nowMs / 1000;
  // Written so that a clock that returns NaN accepts no token.
  if (!(now < exp + tolerance))
    throw refusal('token_expired', `The token expired ${Math.floor(now - exp)} s ago.`, { claims });
  const start = nbf === undefined ? iat : Math.max(nbf, iat);
  if (!(now >= start - tolerance))
    throw refusal(
      'token_not_yet_valid',
      `The token is valid in ${Math.ceil(start - now)} s at the earliest.`,
      { claims },
    );
}

/**
 * One accepted audience is enough (RFC 7519, section 4.1.3). Vercel signs for one audience at a time.
 */
function checkAudience(claims: VercelTokenClaims, audiences: ReadonlySet<string>): void {
  const { aud } = claims;
  const list = typeof aud === 'string' ? [aud] : aud;
  if (list.some((one) => audiences.has(one))) return;
  throw refusal('audience_mismatch', `The token's audience is not ${shown([...audiences].join(' or '))}.`, {
    claims,
  });
}
