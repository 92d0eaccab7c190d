/** A Vercel OIDC token, verified by an API of your own. */

import { memberOf, sha256, shown } from '@credex/core/driver';
import { checkSignature } from './check-signature.js';
import { checkTimes } from './check-times.js';
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
 * audience first, then the signature by the issuer's published keys, then `allow`. Nothing passes that no option
 * names, and no environment variable stands for an option.
 *
 * Make one for the process: it holds the issuer's keys and the signatures it has checked. Nothing is fetched before
 * the first token comes.
 *
 * @throws OptionError where an option is missing, unknown or malformed, or where a rule leaves open what it does
 * not say it leaves open.
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
  // Each issuer has keys of its own: the global one's never verify a team's token, nor the other way round.
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
    // Before the key: what can't pass makes nobody ask the issuer.
    checkTimes(claims, clock.now(), tolerance);
    checkAudience(claims, audiences);
    const key = keySet.held(kid) ?? (await keySet.find(kid, claims, signal));
    await checkSignature(token, read, key);
    if (digest !== undefined) verified.add(digest, { ...read, key, keySet }, clock.now());
    return read;
  };

  return Object.freeze({
    rules: Object.freeze(rules.map(({ shown }) => shown)),
    async verify(token, call) {
      const signal = call === undefined ? undefined : memberOf(call, 'signal');
      throwIfAborted(signal);
      const digesting = memoSize > 0 && isOfBearableLength(token) ? sha256(token) : undefined;
      // Awaited only where it must be.
      const digest = typeof digesting === 'object' ? await digesting : digesting;
      const held = digest === undefined ? undefined : verified.get(digest, clock.now());
      const { claims } = held ?? (await signatureChecked(token, digest, signal));
      // Again where keys were waited for, and each time where the signature was checked before.
      checkTimes(claims, clock.now(), tolerance);
      checkRules(rules, claims);
      return claims;
    },
  } satisfies VercelTokenVerifier);
}

/** Anything may be passed; what is no token is refused by `readToken`. */
const isOfBearableLength = (token: unknown): boolean =>
  typeof token === 'string' && token.length <= MAX_TOKEN_LENGTH;

/**
 * One of ours is enough (RFC 7519, section 4.1.3). Vercel signs for one audience at a time: a list can only come of
 * an issuer that means every party in it.
 */
function checkAudience(claims: VercelTokenClaims, audiences: ReadonlySet<string>): void {
  const { aud } = claims;
  const list = typeof aud === 'string' ? [aud] : aud;
  if (list.some((one) => audiences.has(one))) return;
  throw refusal('audience_mismatch', `The token is not meant for ${shown([...audiences].join(' or '))}.`, {
    claims,
  });
}
