/** The errors of a caller without a usable token: each names the places that were checked and what to do. */

import { FederationError } from '@credex/core';
import { environmentVariable, onVercel } from '@credex/core/internal';
import { presentedToken } from '@credex/core/failure';
import type { SubjectToken } from '@credex/core';

export { unreadableToken } from '@credex/core/on-demand';

/** Where a token was found. Completes "the token of …". */
export type Place =
  | 'the request header'
  | 'VERCEL_OIDC_TOKEN_FILE'
  | 'VERCEL_OIDC_TOKEN'
  | 'an earlier request'
  | '@vercel/functions';

export interface Found {
  readonly place: Place;
  readonly token: SubjectToken;
}

export function noToken(looked: string): FederationError {
  return new FederationError({
    code: 'no_subject_token',
    provider: 'vercel',
    message: `There is no Vercel OIDC token: ${looked}.`,
    hint: noTokenHint(),
  });
}

const ON_VERCEL =
  'Request credentials inside a request handler, not at the top of a module, and enable OIDC federation in the project settings. If the runtime has no request context, pass `tokenSource: requestTokenSource(request)`.';
const LOCALLY =
  'Locally, run `vercel link`, then `vercel env pull .env.local`, and load that file; or pass `tokenSource: localTokenSource()` from @credex/vercel/local, which renews the token automatically. On another platform, pass a `tokenSource` for that platform.';
const IN_NEXT_BUILD =
  "`next build` prerenders this page or route, outside any request. To render it for each request, call `await connection()` (from 'next/server') before credentials are requested, or, without `cacheComponents`, export `const dynamic = 'force-dynamic'`. To prerender it with credentials, give the build a token: enable OIDC federation in the project settings, or run `vercel env pull .env.local` for a build on this machine.";

export function noTokenHint(): string {
  // Next.js sets it for the whole build, including the processes that prerender.
  if (environmentVariable('NEXT_PHASE') === 'phase-production-build') return IN_NEXT_BUILD;
  return onVercel() ? ON_VERCEL : LOCALLY;
}

export const ALL_SOURCES: string = `no x-vercel-oidc-token header in a request context, no VERCEL_OIDC_TOKEN_FILE, no VERCEL_OIDC_TOKEN`;

/** `found`: the expired tokens in the order in which they were checked; not empty. */
export function allExpired(found: readonly Found[], now: number): FederationError {
  // Not the same token of two places, nor several of earlier requests.
  const named = found.filter(
    ({ place, token }, index) =>
      found.findIndex((one) => one.place === place || one.token.jwt === token.jwt) === index,
  );
  const descriptions = named.map(
    ({ place, token }) => `the token of ${place} expired ${ago(now - token.expiresAt)}`,
  );
  return new FederationError({
    code: 'subject_token_expired',
    provider: 'vercel',
    message: `Every available Vercel OIDC token has expired: ${descriptions.join(', ')}.`,
    hint: onVercel()
      ? 'Request credentials inside the request handler that needs them. A token of the build or of an earlier request expires.'
      : 'Run `vercel env pull .env.local` again and load that file, or pass `tokenSource: localTokenSource()` from @credex/vercel/local, which renews the token automatically. A development token is valid for 12 hours.',
    presented: presentedToken((found[0] as Found).token.claims),
  });
}

export function noFresherToken(): FederationError {
  return new FederationError({
    code: 'no_fresher_token',
    provider: 'vercel',
    message: 'The current request has no newer token.',
  });
}

export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} seconds ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes ago`;
  return `${Math.round(seconds / 3600)} hours ago`;
}

/** What to do about errors that core makes about a token of Vercel. */
export const SUBJECT_TOKEN_HINTS = {
  invalid_subject_token:
    'Pass the value of the x-vercel-oidc-token header or of VERCEL_OIDC_TOKEN unchanged. Locally, run `vercel env pull` again.',
  subject_mismatch:
    'Add `projectId` (prj_…) or `ownerId` (team_…) to `expect`, or switch the project to the team issuer.',
} as const;
