/** Vercel's audience exchange: the same identity, for another reader. `POST {issuer}/~token`. */

import type { Fetch, SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import { cleanServerText, post, presentedToken, readSubjectToken } from '@credex/core/driver';

export interface AudienceExchange {
  readonly endpoint: URL;
  readonly fetch: Fetch;
}

/**
 * Exchanges `token` for one of `audience`; it keeps the first one's expiry and always has the team issuer.
 * @throws FederationError
 */
export async function exchangeAudience(
  { endpoint, fetch }: AudienceExchange,
  token: SubjectToken,
  audience: string,
  signal: AbortSignal,
): Promise<SubjectToken> {
  const presented = presentedToken(token.claims);
  const fail = (init: {
    code: FederationError['code'];
    message: string;
    hint?: string;
    status?: number;
    serverMessage?: string;
    cause?: unknown;
  }): FederationError => new FederationError({ provider: 'vercel', presented, ...init });
  let answer;
  try {
    answer = await post(fetch, 'vercel', endpoint, {
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ token: token.jwt, aud: audience }),
      signal,
    });
  } catch (cause) {
    if (FederationError.isInstance(cause)) throw cause;
    if (signal.aborted)
      throw fail({ code: 'timeout', message: 'Vercel did not answer the audience exchange in time.', cause });
    throw fail({ code: 'network', message: 'Vercel could not be reached for the audience exchange.', cause });
  }
  const { status, body } = answer;
  const said = parse(body);
  if (status !== 200) {
    const serverMessage = typeof said['error'] === 'string' ? cleanServerText(said['error']) : undefined;
    const words = serverMessage === undefined ? {} : { serverMessage };
    if (status === 429)
      throw fail({ code: 'throttled', message: 'Vercel asked to slow down.', status, ...words });
    if (status >= 500)
      throw fail({
        code: 'unavailable',
        message: 'Vercel could not exchange the audience.',
        status,
        ...words,
      });
    throw fail({
      code: 'token_rejected',
      message: `Vercel refused to exchange the token for the audience '${audience}'.`,
      hint: 'A token that has expired, or that came from an exchange itself, can not be exchanged.',
      status,
      ...words,
    });
  }
  if (typeof said['token'] !== 'string')
    throw fail({
      code: 'invalid_response',
      message: "Vercel's answer to the audience exchange has no token.",
      status,
    });
  const exchanged = readSubjectToken(said['token']);
  const { aud, project_id: projectId, environment } = exchanged.claims;
  // An answer for another identity, or another reader, must never be shown to a cloud as ours.
  const same = projectId === token.claims.project_id && environment === token.claims.environment;
  if (!same || !(aud === audience || (Array.isArray(aud) && aud.includes(audience)))) {
    throw fail({
      code: 'invalid_response',
      message: 'Vercel answered the audience exchange with a token of another identity or audience.',
      status,
    });
  }
  return exchanged;
}

function parse(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
