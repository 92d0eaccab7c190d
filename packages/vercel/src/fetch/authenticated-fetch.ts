import type {
  Clock,
  Expectation,
  Fetch,
  Subject,
  SubjectToken,
  SubjectTokenRequest,
  SubjectTokenSource,
  TokenFunction,
  TokenSourceDescription,
} from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import {
  ONCE,
  assertExpected,
  discard,
  memberOf,
  optionNames,
  optionalBoolean,
  optionalFunction,
  ownCopy,
  ownOptions,
  providerOptions,
  rememberedToken,
  shown,
} from '@credex/core/internal';
import { presentedToken } from '@credex/core/failure';
import { readableToken } from '@credex/core/on-demand';
import { namedTokenError } from '@credex/core/classify';
import { isFor, isSameIdentity } from '../sources/external-source.js';
import { globalFetch, systemNow } from '../platform/runtime.js';
import { allowedUrl, originsOf, redirectRefused } from './origins.js';
import type { Outgoing } from './request.js';
import { following, isRefusal, outgoing } from './request.js';
import type { TokenHeaders } from './trusted-source.js';
import { TRUSTED_SOURCE_HEADER, protectionRefused, tokenHeaders } from './trusted-source.js';
import { VERCEL } from '../platform/source-options.js';
import { refuseDefaultAudience } from '../platform/vercel-token-provider.js';
import { vercelTokenSource } from '../platform/vercel-token-source.js';

export interface AuthenticatedFetchOptions {
  /** The origins that may receive the token: `https://api.example.com`, or a list. A request to any other one throws. */
  readonly origins: string | readonly string[];
  /**
   * The audience of the token. Use a separate audience for your API: whoever receives a token without one can use it at
   * every cloud that trusts this deployment. Default: the token of the source, unchanged.
   */
  readonly audience?: string | undefined;
  /**
   * Send a token in the header `x-vercel-trusted-oidc-idp-token` as well, for deployments of other projects that are
   * protected (Trusted Sources). `true`: a token of `audience`, else one whose audience is the origin of the request.
   * `'plain'`: the token of the source unchanged, which the receiver can use at every cloud that trusts this deployment.
   * Default: false.
   */
  readonly trustedSource?: boolean | 'plain' | undefined;
  /** `false`: send no Authorization header, so that the caller may set one. Needs `trustedSource`. Default: true. */
  readonly bearer?: boolean | undefined;
  /** The source of the token. Default: `vercelTokenSource()`. */
  readonly tokenSource?: SubjectTokenSource | TokenFunction | undefined;
  /** Send only a token of this project, team or environment. Without it, every token is sent. */
  readonly expect?: Expectation | undefined;
  /** Sends the requests. Default: the global fetch. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** Allow `http:` on loopback in `origins`, for development. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
}

const OPTION_NAMES: readonly string[] = optionNames<AuthenticatedFetchOptions>({
  origins: true,
  audience: true,
  trustedSource: true,
  bearer: true,
  tokenSource: true,
  expect: true,
  fetch: true,
  clock: true,
  allowLoopbackHttp: true,
});

/** The limit of the Fetch standard. */
const MAX_REDIRECTS = 20;

/**
 * Returns a `fetch` for your own API. It takes the arguments of `fetch` and sends `Authorization: Bearer` with the
 * caller's Vercel token, only to `origins`.
 *
 * A request to another origin, a request with an Authorization header, and a request with `mode: 'no-cors'` (which drops
 * the header) reject with an OptionError before anything is sent. Redirects within the origin are followed, at most 20
 * times. A redirect to another origin rejects with `redirect_refused`, unless the caller passes `redirect: 'manual'`. If
 * the API responds with 401 and `error="invalid_token"` (RFC 6750, section 3.1) and a newer token of the same identity
 * exists, the request is repeated once with it, unless its body is a stream. Errors of `fetch` are thrown unchanged.
 *
 * With `trustedSource`, the request also passes the deployment protection of another Vercel project. A redirect of that
 * protection to Vercel's login rejects with `redirect_refused`, and the hint says what to configure.
 *
 * @example
 * const orders = createAuthenticatedFetch({ origins: 'https://orders.example.com', audience: 'https://orders.example.com' });
 * const response = await orders('https://orders.example.com/orders?since=2026-01-01');
 * @throws OptionError for an invalid option. The returned fetch rejects with OptionError or FederationError
 */
export function createAuthenticatedFetch(given: AuthenticatedFetchOptions): typeof globalThis.fetch {
  const options = ownOptions('createAuthenticatedFetch', given, OPTION_NAMES);
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const origins = originsOf(options.origins, allowLoopbackHttp);
  const fetch = optionalFunction({ option: 'fetch' }, options.fetch) ?? globalFetch;
  const { tokenSource, clock } = options;
  refuseDefaultAudience(options.audience);
  const shared = ownCopy({ tokenSource, audience: options.audience, expect: options.expect, clock });
  const { source, audience, expect } = providerOptions(shared, () =>
    vercelTokenSource({ clock, fetch: options.fetch as Fetch | undefined }),
  );
  const sent = tokenHeaders(options, audience);
  const about = aboutSource(source);
  const now = systemNow(clock);

  return async (input, init) => {
    const request = outgoing(input, init, allowedUrl(input, origins), sent);
    // Captured before any `await`, so that the token is that of the caller's request.
    return respondTo(request, source.capture());
  };

  async function respondTo(first: Outgoing, subject: Subject): Promise<Response> {
    let tokens = await tokensFor(first, subject);
    let mayRefresh = sent.bearer;
    let request = first;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      let response = await fetch(request.url, withTokens(request, tokens));
      if (mayRefresh && request.canRepeat && isRefusal(response)) {
        mayRefresh = false;
        const bearer = await fresherToken(request, subject, tokens.bearer as SubjectToken, response);
        if (bearer !== undefined) {
          discard(response.body);
          tokens = { ...tokens, bearer };
          response = await fetch(request.url, withTokens(request, tokens));
        }
      }
      const next = followed(response, request, sent);
      if (next === undefined) return response;
      request = next;
    }
    throw redirectRefused(request.url, `for the ${MAX_REDIRECTS + 1}st time`, 0);
  }

  async function tokensFor(request: Outgoing, subject: Subject): Promise<Tokens> {
    const { bearer, trustedSource } = sent;
    const trusted = trustedSource === true ? (audience ?? request.url.origin) : undefined;
    return {
      bearer: bearer ? await tokenFor(request, subject, false, audience) : undefined,
      trusted: trustedSource === false ? undefined : await tokenFor(request, subject, false, trusted),
    };
  }

  /** `wanted`: the audience of the token; `undefined`: that of the source. */
  async function tokenFor(
    { signal }: Outgoing,
    subject: Subject,
    fresh: boolean,
    wanted: string | undefined,
  ): Promise<SubjectToken> {
    const limit = signal ?? new AbortController().signal;
    const given = await takenFrom(subject, { audience: wanted, fresh, signal: limit }, about);
    const token = await readable(given.jwt, about);
    await assertExpected(expect, token.claims, about);
    if (wanted !== undefined && !isFor(token, wanted)) throw wrongAudience(token, wanted);
    if (token.expiresAt <= now()) throw expired(token);
    return token;
  }

  /** Ignores a token of another identity, which would change the sender of the request. */
  async function fresherToken(
    request: Outgoing,
    subject: Subject,
    refused: SubjectToken,
    response: Response,
  ): Promise<SubjectToken | undefined> {
    try {
      const token = await tokenFor(request, subject, true, audience);
      return token.jwt !== refused.jwt && isSameIdentity(token, refused) ? token : undefined;
    } catch (error) {
      if (FederationError.isInstance(error) && error.code === 'no_fresher_token') return undefined;
      discard(response.body);
      throw error;
    }
  }
}

/** An error of a custom source may contain the token that it read. A FederationError shows it without secrets. */
async function takenFrom(
  subject: Subject,
  request: SubjectTokenRequest,
  about: TokenSourceDescription,
): Promise<SubjectToken> {
  const { signal } = request;
  try {
    return await untilAborted(signal, subject.token(request));
  } catch (cause) {
    if (FederationError.isInstance(cause)) throw await namedTokenError(cause, about);
    if (signal.aborted || OptionError.isInstance(cause)) throw cause;
    throw new FederationError({
      code: 'no_subject_token',
      provider: 'vercel',
      message: 'The token source failed. Nothing was sent with its token.',
      cause,
    });
  }
}

/** By the header that has it. */
interface Tokens {
  readonly bearer: SubjectToken | undefined;
  readonly trusted: SubjectToken | undefined;
}

/** The request of the caller with the tokens in its headers. A redirect is returned, not followed. */
function withTokens(request: Outgoing, { bearer, trusted }: Tokens): RequestInit {
  const { method, headers: own, body, signal, rest } = request;
  const headers = new Headers(own);
  if (bearer !== undefined) headers.set('authorization', `Bearer ${bearer.jwt}`);
  if (trusted !== undefined) headers.set(TRUSTED_SOURCE_HEADER, trusted.jwt);
  const stream = body instanceof ReadableStream ? { duplex: 'half' } : {};
  const init: RequestInit = {
    ...rest,
    ...stream,
    method,
    headers,
    body,
    redirect: 'manual',
    ...(signal === undefined ? {} : { signal }),
  };
  return ownCopy(init);
}

function followed(
  response: Response,
  request: Outgoing,
  { trustedSource }: TokenHeaders,
): Outgoing | undefined {
  try {
    const refused = trustedSource === false ? undefined : protectionRefused(response, request.url);
    if (refused !== undefined && request.redirect !== 'manual') throw refused;
    const next = following(response, request);
    if (next !== undefined) discard(response.body);
    return next;
  } catch (error) {
    discard(response.body);
    throw error;
  }
}

/** Rejects when the caller aborts, even if the source ignores the signal. */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, ONCE);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

function wrongAudience(token: SubjectToken, audience: string): FederationError {
  return new FederationError({
    code: 'audience_mismatch',
    provider: 'vercel',
    message: `The token source returned a token that is not for the audience ${shown(JSON.stringify(audience))}. Nothing was sent.`,
    hint: 'Pass `tokenSource: vercelTokenSource()`, or a source that returns tokens for this audience.',
    presented: presentedToken(token.claims),
  });
}

function expired(token: SubjectToken): FederationError {
  return new FederationError({
    code: 'subject_token_expired',
    provider: 'vercel',
    message: 'The token source returned an expired token. Nothing was sent.',
    presented: presentedToken(token.claims),
  });
}

/** What the source says about itself; a source that says nothing returns tokens of Vercel. */
function aboutSource(source: SubjectTokenSource): TokenSourceDescription {
  const about = memberOf(source, 'about') ?? VERCEL;
  return { ...about, sharedIssuers: [...(about.sharedIssuers ?? []), ...(VERCEL.sharedIssuers ?? [])] };
}

/** A custom source may return anything: only a readable JWT is put into the header. */
async function readable(jwt: string, about: TokenSourceDescription): Promise<SubjectToken> {
  try {
    return readableToken(rememberedToken(jwt));
  } catch (error) {
    throw FederationError.isInstance(error) ? await namedTokenError(error, about) : error;
  }
}
