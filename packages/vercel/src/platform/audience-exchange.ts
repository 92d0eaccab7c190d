/**
 * Vercel's audience exchange: the same identity, for another reader. `POST {issuer}/~token`. An exchanger like
 * those of the clouds, so that it is cached, flown once for a token and an audience, and retried as they are.
 */

import type { Clock, Credential, Fetch, SubjectToken, SubjectTokenRequest } from '@credex/core';
import { FederationError } from '@credex/core';
import type { ErrorClass, Exchanger, HttpResponse } from '@credex/core/driver';
import {
  createCredentialProvider,
  parseJson,
  readSubjectToken,
  retryAfterMs,
  shown,
} from '@credex/core/driver';
import { classifyTransport } from './classify-transport.js';

interface AudienceToken extends Credential {
  readonly jwt: string;
}

interface AudienceRequest {
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
  request: Pick<SubjectTokenRequest, 'signal' | 'warn'>,
) => Promise<SubjectToken>;

const GLOBAL_ISSUER = 'https://oidc.vercel.com';

export function createAudienceExchange({
  endpoint,
  fetch,
  clock,
}: AudienceExchangeOptions): AudienceExchange {
  let asking: SubjectToken | undefined;
  const provider = createCredentialProvider(audienceExchanger(endpoint), {
    // Captured synchronously in the call below; the digest of the token keeps one token's answers from another's.
    source: {
      capture() {
        const token = asking as SubjectToken;
        return { identityKey: undefined, token: async () => token };
      },
    },
    fetch,
    clock,
  });
  let hasWarned = false;
  return async (token, audience, { signal, warn }) => {
    asking = token;
    const { jwt } = await provider.getCredentials({ request: { audience }, signal });
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

/** An answer that is no token, as it came. Its body is not shown: it may repeat what was sent. */
class RefusedAnswer extends Error {
  readonly #answer: HttpResponse;

  constructor(answer: HttpResponse) {
    super(`Vercel answered the audience exchange with HTTP status ${answer.status}.`);
    this.#answer = answer;
  }

  classify(): ErrorClass {
    const { status, headers, body } = this.#answer;
    const { error } = parse(body);
    const said = { status, serverMessage: typeof error === 'string' ? error : undefined };
    const after = { retryAfterMs: retryAfterMs(headers) };
    if (status === 429) return { code: 'throttled', retry: 'now', throttled: true, ...after, ...said };
    if (status >= 500) return { code: 'unavailable', retry: 'now', ...after, ...said };
    if (status === 200) return { code: 'invalid_response', retry: 'now', retriesAtMost: 1, status };
    return {
      code: 'token_rejected',
      retry: 'never',
      ...said,
      hint: 'Vercel does not exchange a token that has expired or that came from an exchange itself.',
    };
  }
}

function audienceExchanger(endpoint: URL): Exchanger<AudienceToken, AudienceRequest> {
  return {
    specificationVersion: 'v1',
    provider: 'vercel',
    cacheKeyFields: ({ audience }) => ({ audience, endpoint: endpoint.href }),
    async exchange({ audience }, context) {
      const token = await context.subject();
      const credential = await context.step(endpoint.host, async (signal) => {
        const answer = await context.post(endpoint, {
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ token: token.jwt, aud: audience }),
          signal,
        });
        const jwt = answer.status === 200 ? parse(answer.body)['token'] : undefined;
        if (typeof jwt !== 'string') throw new RefusedAnswer(answer);
        return audienceToken(jwt, token, audience);
      });
      // A second exchange of the same token brings the same end: none is made ahead of it.
      return { credential, refreshAt: credential.expiresAt };
    },
    parseStored: (record) => {
      const { jwt } = record as AudienceToken;
      return { jwt, expiresAt: readSubjectToken(jwt).expiresAt };
    },
    classify(error) {
      return error instanceof RefusedAnswer ? error.classify() : classifyTransport(error);
    },
  };
}

/** An answer for another identity, or another reader, must never be shown to a cloud as ours. */
function audienceToken(jwt: string, from: SubjectToken, audience: string): AudienceToken {
  const { claims, expiresAt } = readSubjectToken(jwt);
  const same = claims.project_id === from.claims.project_id && claims.environment === from.claims.environment;
  const meant = claims.aud === audience || (Array.isArray(claims.aud) && claims.aud.includes(audience));
  if (same && meant) return { jwt, expiresAt };
  throw new FederationError({
    code: 'invalid_response',
    provider: 'vercel',
    message: 'Vercel answered the audience exchange with a token of another identity or audience.',
    retryable: false,
  });
}

function parse(body: string): Record<string, unknown> {
  try {
    const parsed = parseJson(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
