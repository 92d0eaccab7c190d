import type {
  Clock,
  Expectation,
  Fetch,
  Subject,
  SubjectToken,
  SubjectTokenSource,
  TokenFunction,
} from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import {
  ONCE,
  assertExpected,
  discard,
  optionNames,
  optionalBoolean,
  optionalFunction,
  ownCopy,
  ownOptions,
  presentedToken,
  providerOptions,
  rememberedSubjectToken,
  shown,
} from '@credex/core/driver';
import { saysInvalidToken } from './bearer-challenge.js';
import { isFor, isSameIdentity } from './elsewhere-subject.js';
import { globalFetch, systemNow } from './outside.js';
import { allowedUrl, originsOf, redirectRefused } from './own-api-origins.js';
import type { Outgoing } from './own-api-request.js';
import { following, outgoing } from './own-api-request.js';
import { vercelTokenSource } from './vercel-token-source.js';

export interface OwnApiFetchOptions {
  /** The servers that get the token: `https://api.example.com`, or a list. Any other is refused before it is asked. */
  readonly origins: string | readonly string[];
  /**
   * For whom the token is made out. Give your API an audience of its own: a token without one is good at every
   * cloud that trusts this deployment, in the hands of whoever receives it. Default: the token as it comes.
   */
  readonly audience?: string | undefined;
  /** Where the token comes from. Default: `vercelTokenSource()`. */
  readonly tokenSource?: SubjectTokenSource | TokenFunction | undefined;
  /** Refuse to send any token but that of this project, team or environment. Default: any. */
  readonly expect?: Expectation | undefined;
  /** Makes the requests. Default: the global fetch. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** Allow `http:` on loopback in `origins`, for development. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
}

const OPTION_NAMES: readonly string[] = optionNames<OwnApiFetchOptions>({
  origins: true,
  audience: true,
  tokenSource: true,
  expect: true,
  fetch: true,
  clock: true,
  allowLoopbackHttp: true,
});

/** As many as Fetch allows. */
const MOST_REDIRECTS = 20;

/**
 * A `fetch` for an API of your own: it takes what `fetch` takes, and sends `Authorization: Bearer` with the caller's
 * Vercel token, to `origins` and nowhere else.
 *
 * A request elsewhere, one with an Authorization header of its own, or one that would lose it (`mode: 'no-cors'`)
 * rejects with an OptionError before anything is sent. A redirect is followed within its origin, 20 times at most; one
 * to another origin rejects with `redirect_refused`, unless the caller asked for `redirect: 'manual'`. Where the API
 * answers 401 with `error="invalid_token"` (RFC 6750, section 3.1) and there is a fresher token of the same identity,
 * the request is made once more with it; a streamed body can't be. What `fetch` itself throws comes as it is.
 *
 * @example
 * const orders = ownApiFetch({ origins: 'https://orders.example.com', audience: 'https://orders.example.com' });
 * const response = await orders('https://orders.example.com/orders?since=2026-01-01');
 * @throws OptionError for an option that can't be honoured; the fetch it returns: OptionError, FederationError
 */
export function ownApiFetch(given: OwnApiFetchOptions): typeof globalThis.fetch {
  const options = ownOptions('ownApiFetch', given, OPTION_NAMES);
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const origins = originsOf(options.origins, allowLoopbackHttp);
  const fetch = optionalFunction({ option: 'fetch' }, options.fetch) ?? globalFetch;
  const { tokenSource, clock } = options;
  const shared = ownCopy({ tokenSource, audience: options.audience, expect: options.expect, clock });
  const { source, audience, expect } = providerOptions(shared, () =>
    vercelTokenSource({ clock, fetch: options.fetch as Fetch | undefined }),
  );
  const now = systemNow(clock);

  return async (input, init) => {
    const request = outgoing(input, init, allowedUrl(input, origins));
    // Nothing was awaited yet: whose token it is, is the caller's own.
    return answerTo(request, source.capture());
  };

  async function answerTo(first: Outgoing, subject: Subject): Promise<Response> {
    let token = await tokenFor(first, subject, false);
    let mayRefresh = true;
    let request = first;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      let response = await send(request, token);
      if (mayRefresh && request.canRepeat && isRefusal(response)) {
        mayRefresh = false;
        const fresher = await fresherToken(request, subject, token, response);
        if (fresher !== undefined) {
          discard(response.body);
          token = fresher;
          response = await send(request, token);
        }
      }
      const next = followed(response, request);
      if (next === undefined) return response;
      request = next;
    }
    throw redirectRefused(request.url, `for the ${MOST_REDIRECTS + 1}st time`, 0);
  }

  /** What a source of the user's own throws may hold what it has read: core's errors show the scrubbed part. */
  async function takenFrom(subject: Subject, fresh: boolean, signal: AbortSignal): Promise<SubjectToken> {
    try {
      return await untilAborted(signal, subject.token({ audience, fresh, signal }));
    } catch (cause) {
      if (signal.aborted || FederationError.isInstance(cause) || OptionError.isInstance(cause)) throw cause;
      throw new FederationError({
        code: 'no_subject_token',
        provider: 'vercel',
        message: 'The token source failed. Nothing was sent with its token.',
        cause,
      });
    }
  }

  async function tokenFor({ signal }: Outgoing, subject: Subject, fresh: boolean): Promise<SubjectToken> {
    const limit = signal ?? new AbortController().signal;
    const given = await takenFrom(subject, fresh, limit);
    // A source of the user's own may give anything: only what reads as a JWT may become a header.
    const token = rememberedSubjectToken(given.jwt);
    assertExpected(expect, token.claims);
    if (audience !== undefined && !isFor(token, audience)) throw forSomebodyElse(token, audience);
    if (token.expiresAt <= now()) throw expired(token);
    return token;
  }

  /** A token of another identity is none: the request would be somebody else's. */
  async function fresherToken(
    request: Outgoing,
    subject: Subject,
    refused: SubjectToken,
    answer: Response,
  ): Promise<SubjectToken | undefined> {
    try {
      const token = await tokenFor(request, subject, true);
      return token.jwt !== refused.jwt && isSameIdentity(token, refused) ? token : undefined;
    } catch (error) {
      if (FederationError.isInstance(error) && error.code === 'no_fresher_token') return undefined;
      discard(answer.body);
      throw error;
    }
  }

  function send({ url, method, headers: own, body, signal, rest }: Outgoing, token: SubjectToken) {
    const headers = new Headers(own);
    headers.set('authorization', `Bearer ${token.jwt}`);
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
    return fetch(url, ownCopy(init));
  }
}

function followed(response: Response, request: Outgoing): Outgoing | undefined {
  try {
    const next = following(response, request);
    if (next !== undefined) discard(response.body);
    return next;
  } catch (error) {
    discard(response.body);
    throw error;
  }
}

function isRefusal({ status, headers }: Response): boolean {
  return status === 401 && saysInvalidToken(headers.get('www-authenticate'));
}

/** A source need not look at the signal; the caller's patience ends all the same. */
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

function forSomebodyElse(token: SubjectToken, audience: string): FederationError {
  return new FederationError({
    code: 'audience_mismatch',
    provider: 'vercel',
    message: `The token source gave a token that is not for ${shown(JSON.stringify(audience))}. Nothing was sent.`,
    hint: 'Use vercelTokenSource(), or a source that gives tokens of this audience.',
    presented: presentedToken(token.claims),
  });
}

function expired(token: SubjectToken): FederationError {
  return new FederationError({
    code: 'subject_token_expired',
    provider: 'vercel',
    message: 'The token source gave a token that has ended. Nothing was sent.',
    presented: presentedToken(token.claims),
  });
}
