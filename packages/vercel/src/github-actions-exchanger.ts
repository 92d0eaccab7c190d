/**
 * What a runner answers a job that may ask for its identity: `GET {url}&audience=…` → `{ value, count }`. An exchanger
 * like those of the clouds, so that it is cached, flown once and retried as they are.
 */

import type { Credential } from '@credex/core';
import { FederationError } from '@credex/core';
import type { ErrorClass, Exchanger } from '@credex/core/driver';
import { boundedText, discard, readSubjectToken, retryAfterMs, transportFailure } from '@credex/core/driver';

export interface GithubToken extends Credential {
  readonly jwt: string;
}

/** Where and for whom: what the runner said at the capture, and the audience asked for. */
export interface GithubRequest {
  /** Checked before; with whatever query the runner gave it. */
  readonly url: string;
  readonly audience: string | null;
}

const PROVIDER = 'github-actions';
const MAX_BYTES = 65_536;

/** The subject is the runner's own request token: its digest keeps one job's answers from another's. */
export function githubActionsExchanger(
  fetch: typeof globalThis.fetch,
): Exchanger<GithubToken, GithubRequest> {
  return {
    specificationVersion: 'v1',
    provider: PROVIDER,
    target: ({ url, audience }) => ({ url, audience }),
    async exchange({ url: given, audience }, context) {
      const { jwt: requestToken } = await context.subject();
      const url = new URL(given);
      if (audience !== null) url.searchParams.append('audience', audience);
      const credential = await context.step(url.host, async (signal) => {
        const response = await fetch(url, {
          headers: { accept: 'application/json', authorization: `Bearer ${requestToken}` },
          redirect: 'manual',
          signal,
        });
        if (isRedirect(response)) throw redirected(response);
        const body = await boundedText(response, MAX_BYTES);
        const { value, message } = parse(body);
        if (response.status === 200 && typeof value === 'string') return tokenOf(value);
        throw new RefusedAnswer(response, typeof message === 'string' ? message : undefined);
      });
      // None is asked for ahead of its end: each brings an exchange with it where the digest is the partition.
      return { credential, refreshAt: credential.expiresAt };
    },
    revive: (record) => tokenOf((record as GithubToken).jwt),
    classify(error) {
      if (error instanceof RefusedAnswer) return error.classify();
      const { code } = transportFailure(error) ?? { code: 'network' as const };
      return { code, retry: 'now' };
    },
  };
}

/** An answer that is no token. Its body is not kept: it may repeat what was sent. */
class RefusedAnswer extends Error {
  readonly #status: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #said: string | undefined;

  constructor(response: Response, said: string | undefined) {
    super(`The runner answered with HTTP status ${response.status}.`);
    this.#status = response.status;
    this.#headers = Object.fromEntries(response.headers);
    this.#said = said;
  }

  classify(): ErrorClass {
    const status = this.#status;
    const said = { status, serverMessage: this.#said };
    const after = retryAfterMs(this.#headers);
    if (status === 429)
      return { code: 'throttled', retry: 'now', throttled: true, retryAfterMs: after, ...said };
    if (status >= 500) return { code: 'unavailable', retry: 'now', retryAfterMs: after, ...said };
    if (status === 200) return { code: 'invalid_response', retry: 'now', retriesAtMost: 1, status };
    return {
      code: 'access_denied',
      retry: 'never',
      ...said,
      hint: 'GitHub gives an ID token to a running job with `permissions: id-token: write` only.',
    };
  }
}

function tokenOf(jwt: string): GithubToken {
  try {
    return { jwt, expiresAt: readSubjectToken(jwt).expiresAt };
  } catch {
    throw new FederationError({
      code: 'invalid_subject_token',
      provider: PROVIDER,
      message: "The runner's answer holds no readable JWT with an `exp`.",
      hint: 'Check any proxy between the runner and GitHub.',
    });
  }
}

function isRedirect({ type, status }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400);
}

function redirected(response: Response): FederationError {
  discard(response.body);
  return new FederationError({
    code: 'redirect_refused',
    provider: PROVIDER,
    message: 'The runner answered with a redirect, which is never followed with the request token in hand.',
    hint: 'Check ACTIONS_ID_TOKEN_REQUEST_URL, and any proxy between the runner and GitHub.',
    status: response.status,
  });
}

function parse(body: string | undefined): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body ?? '');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
