/** Verifies a Vercel OIDC token in your own API. */

import { memberOf, sha256, shown } from '@credex/core/internal';
import type { TokenVerifierOptions, VercelTokenClaims, VercelTokenVerifier } from './contract.js';
import { issuerOfToken, type TrustedIssuer } from './issuers.js';
import { createKeySet, type KeySet } from './key-set.js';
import { MAX_TOKEN_LENGTH, readToken, type ReadToken } from './read-token.js';
import { refusal } from './errors.js';
import { checkRules, verifierSettings } from './verifier-options.js';
import { throwIfAborted } from './waiting.js';
import { signatureAlgorithm, type VerificationKey } from './read-keys.js';
import { base64url } from 'jose';

// Remembers tokens whose signature was checked, because clients send the same token until it expires. The key is the
// digest of the whole token as it was sent, never its claims or a part of it: two tokens that differ in one bit, in padding
// or in white space are different tokens (a cache with a weaker key caused CVE-2026-35039).

export interface VerifiedToken extends ReadToken {
  /** The entry is valid only while the key set of its issuer returns this key. */
  readonly key: VerificationKey;
  readonly keySet: KeySet;
}

interface VerifiedTokens {
  /** Removes the token if its key is no longer published or it has expired. */
  get(digest: string, nowMs: number): VerifiedToken | undefined;
  add(digest: string, token: VerifiedToken, nowMs: number): void;
}

const SWEEP_MS = 60_000;

/**
 * @param size the maximum number of tokens; the least recently used one is evicted
 * @param toleranceMs how long an expired token is still accepted
 */
export function createVerifiedTokens(size: number, toleranceMs: number): VerifiedTokens {
  const tokens = new Map<string, VerifiedToken>();
  let sweptAt = Number.NEGATIVE_INFINITY;
  const isExpired = ({ claims }: VerifiedToken, nowMs: number): boolean =>
    nowMs >= claims.exp * 1000 + toleranceMs;

  return {
    get(digest, nowMs) {
      const token = tokens.get(digest);
      if (token === undefined) return undefined;
      tokens.delete(digest);
      if (isExpired(token, nowMs) || token.keySet.cached(token.kid) !== token.key) return undefined;
      // Mark it as the most recently used one.
      tokens.set(digest, token);
      return token;
    },
    add(digest, token, nowMs) {
      if (Math.abs(nowMs - sweptAt) >= SWEEP_MS) {
        sweptAt = nowMs;
        for (const [old, entry] of tokens) if (isExpired(entry, nowMs)) tokens.delete(old);
      }
      tokens.set(digest, token);
      if (tokens.size > size) tokens.delete(tokens.keys().next().value as string);
    },
  };
}

// Checks the signature, after form and header were checked and the key was found.

const encoder = new TextEncoder();

/**
 * Uses WebCrypto with a key that jose imported for this algorithm. jose's `compactVerify` would parse and decode the token
 * a second time, which takes a third of its time.
 *
 * @throws TokenVerificationError `invalid_signature`, `algorithm_not_allowed`
 */
async function checkSignature(
  token: string,
  { alg, claims }: ReadToken,
  { byAlgorithm }: VerificationKey,
): Promise<void> {
  const key = byAlgorithm.get(alg);
  const algorithm = signatureAlgorithm(alg);
  if (key === undefined || algorithm === undefined) {
    const message = `The token's key is published for another algorithm than ${alg}.`;
    throw refusal('algorithm_not_allowed', message, { claims });
  }
  // `readToken` has checked that there are three parts and that the signature is canonical base64url.
  const end = token.lastIndexOf('.');
  const signature = base64url.decode(token.slice(end + 1)) as Uint8Array<ArrayBuffer>;
  if (!(await isGenuine(algorithm.parameters, key, signature, encoder.encode(token.slice(0, end)))))
    throw refusal('invalid_signature', "The token's signature does not match the key of its issuer.", {
      claims,
    });
}

async function isGenuine(
  parameters: AlgorithmIdentifier,
  key: CryptoKey,
  signature: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  try {
    return (await crypto.subtle.verify(parameters, key, signature, data)) === true;
  } catch {
    // Some runtimes throw for a signature of the wrong length.
    return false;
  }
}

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
