/** `@credex/vercel/functions`: token and invocation through Vercel's own package. Needs `@vercel/functions`. */

import type { Subject, SubjectToken, SubjectTokenRequest, SubjectTokenSource } from '@credex/core';
import { FederationError } from '@credex/core';
import type { Invocation } from '@credex/core/internal';
import type { EarlierToken } from '@credex/core/internal';
import { earlierTokens, rememberedToken } from '@credex/core/internal';
import { optionalPackage, readableToken } from '@credex/core/on-demand';
import * as vercel from '@vercel/functions';
import type { VercelTokenSourceOptions } from './platform/source-options.js';
import { VERCEL, sourceTools } from './platform/source-options.js';
import type { Found } from './platform/token-errors.js';
import { vercelInvocation } from './platform/request-context.js';
import { vercelTokenSource } from './platform/vercel-token-source.js';

/** Loaded with the first token: it brings `@vercel/oidc`, which takes 100 ms. */
const oidc = optionalPackage(
  '@vercel/functions',
  async () => import('@vercel/functions/oidc').catch(rethrow),
  {
    option: 'tokenSource',
    instead: 'use vercelTokenSource() of @credex/vercel',
  },
);

/** Bundlers leave an `import()` alone only where its failure is handled on the expression itself. */
function rethrow(error: unknown): never {
  throw error;
}

/**
 * The subject token that `getVercelOidcToken` of `@vercel/functions/oidc` returns: the `x-vercel-oidc-token` header of
 * the request being served, then VERCEL_OIDC_TOKEN, then, where that token has expired, the package's own refresh through
 * the login of the Vercel CLI. Where that is no valid token, one that a request of this deployment has brought to this
 * process is used, in the order of `vercelTokenSource`: a timer, a queue or `watchCredentials`
 * does not depend on the request that started it. `vercelTokenSource` gives the same token without a package, also reads
 * VERCEL_OIDC_TOKEN_FILE, and skips an expired header when VERCEL_OIDC_TOKEN is still valid.
 *
 * The identity key is that of `vercelTokenSource`: the platform's identity while the token at hand belongs to it, else
 * the digest of the token. `getVercelOidcToken` is called without arguments; `audience` is requested by the same
 * exchange that `vercelTokenSource` uses.
 *
 * @example
 * import { awsCredentialsProvider } from '@credex/aws';
 * import { vercelFunctionsInvocation, vercelFunctionsTokenSource } from '@credex/vercel/functions';
 *
 * const credentials = awsCredentialsProvider({
 *   roleArn: 'arn:aws:iam::123456789012:role/shop',
 *   tokenSource: vercelFunctionsTokenSource({ expect: { projectId: 'prj_123' } }),
 *   invocation: vercelFunctionsInvocation,
 * });
 * @throws OptionError for an invalid option. When a token is read: FederationError `no_subject_token`,
 *   `subject_token_expired`, `invalid_subject_token`, `no_fresher_token`, `subject_mismatch`
 */
export function vercelFunctionsTokenSource(options: VercelTokenSourceOptions = {}): SubjectTokenSource {
  const { now, finish, guarded } = sourceTools('vercelFunctionsTokenSource', options);
  // Without `expect`, whose check is in `finish`: tokens are remembered under this key.
  const platform = vercelTokenSource({ ...options, expect: undefined, local: false });
  return {
    about: VERCEL,
    capture(): Subject {
      const subject = platform.capture();
      const { identityKey } = subject;
      // Never for a request with a token of another identity, which has no platform identity.
      const earlier = (): readonly EarlierToken[] => earlierTokens(identityKey);
      let lastJwt: string | undefined;
      // All reads of one capture return one token, as those of `vercelTokenSource` do.
      let first: SubjectToken | undefined;
      return {
        identityKey: identityKey === undefined ? undefined : guarded(identityKey),
        fromRequest: subject.fromRequest,
        matchesIdentity: (claims) => subject.matchesIdentity?.(claims) ?? true,
        async token(request: SubjectTokenRequest): Promise<SubjectToken> {
          const { fresh } = request;
          const known = fresh ? undefined : first;
          const found = known ?? (await firstLive(fresh ? lastJwt : undefined, earlier, now));
          const token = fresh ? found : (first ??= found);
          lastJwt = token.jwt;
          return finish(token, request);
        },
      };
    },
  };
}

/** As in `vercelTokenSource`: a token that expires sooner is used only if no other token is available. */
const MIN_REMAINING_MS = 30_000;

/** The package's token, else one of an earlier request: the first that has not expired and is not `rejectedToken`. */
async function firstLive(
  rejectedToken: string | undefined,
  earlier: () => readonly EarlierToken[],
  now: () => number,
): Promise<SubjectToken> {
  let absent: unknown;
  const own = await readToken().catch((error: unknown) => {
    absent = error;
    return undefined;
  });
  const found: Found[] = [];
  if (own !== undefined)
    found.push({ place: '@vercel/functions', token: readableToken(rememberedToken(own)) });
  const hasLive = found.some(({ token }) => token.expiresAt > now());
  for (const { token, rank } of earlier()) {
    // It may be forged: a live token is replaced only by one that a cloud has accepted.
    if (token.jwt !== own && (rank === 1 || !hasLive)) found.push({ place: 'an earlier request', token });
  }
  const live = found
    .map(({ token }) => token)
    .filter(({ jwt, expiresAt }) => jwt !== rejectedToken && expiresAt > now());
  const usable = live.find(({ expiresAt }) => expiresAt - now() >= MIN_REMAINING_MS) ?? live[0];
  if (usable !== undefined) return usable;
  const { allExpired, noFresherToken } = await import('./platform/token-errors.js');
  if (found.some(({ token }) => token.jwt === rejectedToken)) throw noFresherToken();
  if (own === undefined) throw absent;
  throw allExpired(found, now());
}

async function readToken(): Promise<string> {
  const { getVercelOidcToken } = await oidc.load();
  let cause: unknown;
  try {
    // Without an argument: the newer releases request another audience by it.
    const jwt = await getVercelOidcToken();
    if (jwt !== '') return jwt;
  } catch (error) {
    cause = error;
  }
  const { noTokenHint } = await import('./platform/token-errors.js');
  throw new FederationError({
    code: 'no_subject_token',
    provider: 'vercel',
    message: 'getVercelOidcToken() of @vercel/functions returned no token.',
    hint: noTokenHint(),
    cause,
  });
}

/** Missing in `@vercel/functions` 2. */
const { getDeadline } = vercel as { readonly getDeadline?: typeof vercel.getDeadline };

/**
 * The invocation being served, by `getDeadline` and `waitUntil` of `@vercel/functions`: pass it as the option
 * `invocation`. `undefined` outside a request. With `@vercel/functions` 2, which has no `getDeadline`, the deadline is
 * read from the request context, as `vercelInvocation` does.
 */
export function vercelFunctionsInvocation(): Invocation | undefined {
  const context = vercelInvocation();
  if (context === undefined) return undefined;
  const deadline = getDeadline === undefined ? context.deadline : getDeadline()?.getTime();
  // Outside of Vercel's runtime the package's `waitUntil` drops the promise in silence: then there is none.
  const waitUntil = context.waitUntil === undefined ? undefined : vercel.waitUntil;
  return { ...context, deadline, waitUntil };
}
