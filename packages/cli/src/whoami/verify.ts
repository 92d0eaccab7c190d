/** `--verify`: whether Vercel signed this very token, by the keys that it publishes now. */

import type { SubjectToken } from '@credex/core';
import type { Io } from '../io.js';
import type { Finding } from './findings.js';
import type { Issuer } from './issuer.js';

export interface Verdict {
  readonly verified: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Sends requests to Vercel's own issuer only, whatever the token names as its issuer. An expired token is verified as of its last
 * second: that it has ended is said by another finding.
 *
 * @throws TokenVerificationError `keys_unavailable` where the issuer could not be asked, `aborted`
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
      'The signature was not verified: the token names no issuer of Vercel, or no audience.',
    );
  }
  const { TokenVerificationError, createTokenVerifier } = await import('@credex/verify');
  const { OptionError } = await import('@credex/core');
  try {
    const verifier = createTokenVerifier({
      issuer: claims.iss,
      audience,
      // The user asks whose token it is, so it is compared with its own claims.
      allow: [{ ownerId: claims.owner_id ?? '*', projectId: claims.project_id ?? '*', environment: '*' }],
      fetch: io.fetch,
      clock: {
        now: () => Math.min(io.clock.now(), expiresAt - 1_000),
        monotonic: () => io.clock.monotonic(),
      },
    });
    await verifier.verify(jwt, { signal: io.signal });
    return { verified: true, findings: [] };
  } catch (error) {
    // Claims that no verifier can be told to expect.
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
