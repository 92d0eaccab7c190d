/**
 * What a runner answers a job that may ask for its identity: `GET {url}&audience=…` → `{ value, count }`. An exchanger
 * like those of the clouds, so that it is cached, flown once and retried as they are.
 */

import type { Credential } from '@credex/core';
import { FederationError } from '@credex/core';
import type { ErrorClass, Exchanger, HttpResponse, Transport } from '@credex/core/driver';
import { parseJson, readSubjectToken, retryAfterMs } from '@credex/core/driver';
import { classifyTransport } from '../platform/classify-transport.js';

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

/** The subject is the runner's own request token: its digest keeps one job's answers from another's. */
export function githubActionsExchanger(transport: Transport): Exchanger<GithubToken, GithubRequest> {
  return {
    specificationVersion: 'v1',
    provider: PROVIDER,
    cacheKeyFields: ({ url, audience }) => ({ url, audience }),
    async exchange({ url: given, audience }, context) {
      const { jwt: requestToken } = await context.subject();
      const url = new URL(given);
      if (audience !== null) url.searchParams.append('audience', audience);
      const credential = await context.step(url.host, async (signal) => {
        const answer = await transport(PROVIDER, url, {
          method: 'GET',
          headers: { accept: 'application/json', authorization: `Bearer ${requestToken}` },
          signal,
        });
        const { value, message } = parse(answer.body);
        if (answer.status === 200 && typeof value === 'string') return tokenOf(value);
        throw new RefusedAnswer(answer, typeof message === 'string' ? message : undefined);
      });
      // None is asked for ahead of its end: each brings an exchange with it where the digest is the identity key.
      return { credential, refreshAt: credential.expiresAt };
    },
    parseStored: (record) => tokenOf((record as GithubToken).jwt),
    classify(error) {
      return error instanceof RefusedAnswer ? error.classify() : classifyTransport(error);
    },
  };
}

/** An answer that is no token. Its body is not kept: it may repeat what was sent. */
class RefusedAnswer extends Error {
  readonly #status: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #said: string | undefined;

  constructor({ status, headers }: HttpResponse, said: string | undefined) {
    super(`The runner answered with HTTP status ${status}.`);
    this.#status = status;
    this.#headers = headers;
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

function parse(body: string): Record<string, unknown> {
  try {
    const parsed = parseJson(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
