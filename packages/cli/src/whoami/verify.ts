/** `--verify`: whether Vercel signed this token, according to the keys that it publishes now. */

import type { SubjectToken } from '@credex/core';
import { reachingFetch } from '../doctor/reach.js';
import type { Io } from '../io.js';
import type { Finding } from './findings.js';
import type { Issuer } from './issuer.js';

export interface Verdict {
  readonly verified: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Sends requests to Vercel's own issuer only, whatever issuer the token has. An expired token is verified as of its last
 * second, because another finding reports the expiry.
 *
 * @throws TokenVerificationError `keys_unavailable` if the keys cannot be fetched, `aborted`
 */
export async function verifySignature(io: Io, token: SubjectToken, issuer: Issuer): Promise<Verdict> {
  const { claims, expiresAt, jwt } = token;
  const audience = claims.aud === undefined ? [] : [claims.aud].flat();
  if (
    (issuer.kind !== 'team' && issuer.kind !== 'global') ||
    claims.iss === undefined ||
    audience.length === 0
  ) {
    return no(
      'not_verifiable',
      'The signature was not verified: the token has no issuer of Vercel, or no audience.',
    );
  }
  const { TokenVerificationError, createTokenVerifier } = await import('@credex/verify');
  const { OptionError } = await import('@credex/core');
  try {
    const verifier = createTokenVerifier({
      issuer: claims.iss,
      audience,
      // No particular identity is expected, so the token is compared with its own claims.
      allow: [{ ownerId: claims.owner_id ?? '*', projectId: claims.project_id ?? '*', environment: '*' }],
      fetch: io.fetch ?? reachingFetch(io, io.signal),
      clock: {
        now: () => Math.min(io.clock.now(), expiresAt - 1_000),
        monotonic: () => io.clock.monotonic(),
      },
    });
    await verifier.verify(jwt, { signal: io.signal });
    return { verified: true, findings: [] };
  } catch (error) {
    // No verifier can be configured for these claims.
    if (OptionError.isInstance(error) && /^(?:audience|allow)/.test(error.option))
      return no('not_verifiable', error.message);
    if (!TokenVerificationError.isInstance(error)) throw error;
    if (error.code === 'keys_unavailable' || error.code === 'aborted') throw error;
    return no(error.code, error.message);
  }
}

const no = (code: string, message: string): Verdict => ({
  verified: false,
  findings: [{ severity: 'error', code, message }],
});
