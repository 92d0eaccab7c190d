/**
 * Vercel's audience exchange, `POST {issuer}/~token`: a token of the same identity for another audience. It is an exchanger
 * like those of the clouds, so that results are cached, concurrent callers share one exchange, and failures are retried.
 */

import type {
  Clock,
  Credential,
  CredentialCache,
  Fetch,
  SubjectToken,
  SubjectTokenRequest,
} from '@credex/core';
import { FederationError } from '@credex/core';
import type { DriverProvider, Exchanger } from '@credex/core/internal';
import { createCredentialProvider, emptyCache, shown } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import type { Rejection } from './token-response.js';
import { RejectedTokenRequest, jsonObject } from './token-response.js';

interface AudienceToken extends Credential {
  readonly jwt: string;
}

export interface WithJti {
  /** The claim `jti` of the exchanged token, which is then not cached. Default: none. */
  readonly jti?: string | undefined;
}

interface AudienceRequest extends WithJti {
  readonly audience: string;
}

export interface AudienceExchangeOptions {
  readonly endpoint: URL;
  readonly fetch: Fetch | undefined;
  readonly clock: Clock | undefined;
}

/**
 * Exchanges `token` for one of `audience`, which has the same expiry and always the team issuer. Warns once if `token` has
 * the global issuer, because the trust in a cloud names the issuer.
 */
export type AudienceExchange = (
  token: SubjectToken,
  audience: string,
  request: Pick<SubjectTokenRequest, 'signal' | 'warn'> & WithJti,
) => Promise<SubjectToken>;

const GLOBAL_ISSUER = 'https://oidc.vercel.com';

export function createAudienceExchange({
  endpoint,
  fetch,
  clock,
}: AudienceExchangeOptions): AudienceExchange {
  let current: SubjectToken | undefined;
  const providerWith = (cache?: CredentialCache): DriverProvider<AudienceToken, AudienceRequest> =>
    createCredentialProvider(audienceExchanger(endpoint), {
      // Captured synchronously in the call below. The digest of the token is the identity key.
      source: {
        capture() {
          const token = current as SubjectToken;
          return { identityKey: undefined, token: async () => token };
        },
      },
      cache,
      fetch,
      clock,
    });
  const shared = providerWith();
  let hasWarned = false;
  return async (token, audience, { signal, warn, jti }) => {
    current = token;
    // A token with a `jti` serves one call: it has a cache that no other call sees.
    const provider = jti === undefined ? shared : providerWith(emptyCache(1));
    const { jwt } = await provider.getCredentials({ request: { audience, jti }, signal });
    const exchanged = readSubjectToken(jwt);
    if (!hasWarned && warn !== undefined && token.claims.iss === GLOBAL_ISSUER) {
      hasWarned = true;
      warn(teamIssuerWarning(audience, exchanged));
    }
    return exchanged;
  };
}

function teamIssuerWarning(audience: string, { claims: { iss } }: SubjectToken): string {
  const issuer = typeof iss === 'string' ? iss : `${GLOBAL_ISSUER}/{team}`;
  return (
    `The project uses the global issuer (${GLOBAL_ISSUER}), but a token of the audience ${shown(audience)} always has the ` +
    `team issuer. Trust ${shown(issuer)} in the cloud, or leave out \`audience\`.`
  );
}

const REJECTION: Rejection = {
  code: 'token_rejected',
  hint: 'Vercel does not exchange a token that has expired or that came from an exchange itself.',
};

function audienceExchanger(endpoint: URL): Exchanger<AudienceToken, AudienceRequest> {
  return {
    specificationVersion: 'v1',
    provider: 'vercel',
    cacheKeyFields: ({ audience }) => ({ audience, endpoint: endpoint.href }),
    async exchange(request, context) {
      const token = await context.subject();
      const credential = await context.step(endpoint.host, async (signal) => {
        const { status, headers, body } = await context.post(endpoint, {
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ token: token.jwt, aud: request.audience, jti: request.jti }),
          signal,
        });
        const { token: jwt, error } = jsonObject(body);
        if (status === 200 && typeof jwt === 'string') return audienceToken(jwt, token, request);
        throw new RejectedTokenRequest(
          "Vercel's audience exchange",
          { status, headers, body },
          error,
          REJECTION,
        );
      });
      // A second exchange of the same token would have the same expiry, so it is not refreshed ahead of time.
      return { credential, refreshAt: credential.expiresAt };
    },
    parseStored: (record) => {
      const { jwt } = record as AudienceToken;
      return { jwt, expiresAt: readSubjectToken(jwt).expiresAt };
    },
    classify: (error) => RejectedTokenRequest.classify(error),
  };
}

/** A token of another identity or audience must never be sent to a cloud. */
function audienceToken(jwt: string, from: SubjectToken, { audience, jti }: AudienceRequest): AudienceToken {
  const { claims, expiresAt } = readSubjectToken(jwt);
  const sameIdentity =
    claims.project_id === from.claims.project_id && claims.environment === from.claims.environment;
  const sameAudience =
    claims.aud === audience || (Array.isArray(claims.aud) && claims.aud.includes(audience));
  const sameJti = jti === undefined || claims['jti'] === jti;
  if (sameIdentity && sameAudience && sameJti) return { jwt, expiresAt };
  throw new FederationError({
    code: 'invalid_response',
    provider: 'vercel',
    message: "Vercel's audience exchange returned a token of another identity, audience or `jti`.",
    retryable: false,
  });
}
