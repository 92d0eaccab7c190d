/** The options that both token sources accept, and the functions that are made from them once. */

import type {
  Clock,
  Expectation,
  Fetch,
  Json,
  SubjectToken,
  SubjectTokenRequest,
  TokenSourceDescription,
} from '@credex/core';
import {
  assertExpected,
  canonicalJson,
  endpointUrl,
  normalizeExpectation,
  optionalBoolean,
  optionalClock,
  optionalFunction,
  optionNames,
  ownOptions,
} from '@credex/core/internal';
import type { AudienceExchange, WithJti } from './audience-exchange.js';

/** Tokens of the OIDC issuer of Vercel. */
export const VERCEL: TokenSourceDescription = Object.freeze({
  name: 'vercel',
  hints: async () => (await import('./token-errors.js')).SUBJECT_TOKEN_HINTS,
  // In global issuer mode the tokens of all teams have this issuer.
  sharedIssuers: ['https://oidc.vercel.com'],
});

export interface VercelTokenSourceOptions {
  /** Accept only a token of this project, team or environment. Without it, every token is accepted. */
  readonly expect?: Expectation | undefined;
  /** The endpoint that issues a token for a custom audience. Default: `https://oidc.vercel.com/~token`. */
  readonly tokenEndpoint?: string | undefined;
  /** Allow `http:` on loopback for `tokenEndpoint`. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
  /** Used for the audience exchange. Default: `node:https` on Node, the global fetch in other runtimes. */
  readonly fetch?: Fetch | undefined;
  /** Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

export interface SourceTools {
  now(): number;
  /** Checks the token against `expect`, then exchanges it for the requested audience, if any. */
  finish(token: SubjectToken, request: SubjectTokenRequest & WithJti): Promise<SubjectToken>;
  /**
   * Adds this source's `expect` to the identity key, so that a source with `expect` does not use a credential that a
   * source without it has cached.
   */
  guarded(identityKey: string): string;
}

const DEFAULT_TOKEN_ENDPOINT = 'https://oidc.vercel.com/~token';

export const SOURCE_OPTION_NAMES: readonly string[] = optionNames<VercelTokenSourceOptions>({
  expect: true,
  tokenEndpoint: true,
  allowLoopbackHttp: true,
  fetch: true,
  clock: true,
});

/** `more`: further options of the factory, for the error of an unknown option. */
export function sourceTools(
  factory: string,
  given: VercelTokenSourceOptions,
  more: readonly string[] = [],
): SourceTools {
  const options = ownOptions(factory, given, [...SOURCE_OPTION_NAMES, ...more]);
  const expectation = normalizeExpectation(options.expect);
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const rules = { allowLoopbackHttp, allowPath: true };
  const endpoint = endpointUrl(
    { option: 'tokenEndpoint' },
    options.tokenEndpoint ?? DEFAULT_TOKEN_ENDPOINT,
    rules,
  );
  const fetch = optionalFunction({ option: 'fetch' }, options.fetch);
  const clock = optionalClock(options.clock);
  const guard = expectation === undefined ? undefined : canonicalJson({ ...expectation } as Json);
  let exchange: AudienceExchange | undefined;
  return {
    now: clock === undefined ? () => Date.now() : () => clock.now(),
    async finish(token, request) {
      const { audience } = request;
      if (expectation !== undefined) await assertExpected(expectation, token.claims, VERCEL);
      if (audience === undefined) return token;
      // Loaded only here, because few callers request an audience.
      const { createAudienceExchange } = await import('./audience-exchange.js');
      exchange ??= createAudienceExchange({ endpoint, fetch, clock });
      return exchange(token, audience, request);
    },
    guarded: (identityKey) => (guard === undefined ? identityKey : JSON.stringify([identityKey, guard])),
  };
}
