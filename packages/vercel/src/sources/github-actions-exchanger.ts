/**
 * The request of a job for its ID token: `GET {url}&audience=…` returns `{ value, count }`. It is an exchanger like those
 * of the clouds, so that tokens are cached, concurrent callers share one request, and failures are retried.
 */

import type { Credential } from '@credex/core';
import { FederationError, OptionError } from '@credex/core';
import type { Exchanger, Transport } from '@credex/core/internal';
import { isLoopback } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import type { Rejection } from '../platform/token-response.js';

export interface GithubToken extends Credential {
  readonly jwt: string;
}

/** The request to the runner: its URL from the environment at the capture, and the requested audience. */
export interface GithubRequest {
  /** A URL that `requestUrl` has validated, with the query that the runner set. */
  readonly url: string;
  readonly audience: string | null;
}

const PROVIDER = 'github-actions';

/** The subject token is the runner's request token. Its digest is the identity key, so two jobs never share a token. */
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
        const response = await transport(PROVIDER, url, {
          method: 'GET',
          headers: { accept: 'application/json', authorization: `Bearer ${requestToken}` },
          signal,
        });
        const { RejectedTokenRequest, jsonObject } = await loadTokenResponse();
        const { value, message } = jsonObject(response.body);
        if (response.status === 200 && typeof value === 'string') return tokenOf(value);
        throw new RejectedTokenRequest('The GitHub Actions runner', response, message, REJECTION);
      });
      // Not refreshed ahead of time: without a user-defined identity key, each new token causes a new exchange.
      return { credential, refreshAt: credential.expiresAt };
    },
    parseStored: (record) => tokenOf((record as GithubToken).jwt),
    classify: async (error) => (await loadTokenResponse()).RejectedTokenRequest.classify(error),
  };
}

/** Loaded with the first response: a program that does not run in GitHub Actions never needs it. */
const loadTokenResponse = (): Promise<typeof import('../platform/token-response.js')> =>
  import('../platform/token-response.js');

const REJECTION: Rejection = {
  code: 'access_denied',
  hint: 'GitHub issues an ID token only to a running job with `permissions: id-token: write`.',
};

function tokenOf(jwt: string): GithubToken {
  try {
    return { jwt, expiresAt: readSubjectToken(jwt).expiresAt };
  } catch {
    throw new FederationError({
      code: 'invalid_subject_token',
      provider: PROVIDER,
      message: 'The GitHub Actions runner did not return a readable JWT with an `exp`.',
      hint: 'Check any proxy between the runner and GitHub.',
    });
  }
}

/** The variable that the runner sets. It must not send the request token to any host that code does not allow. */
const VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_URL';
const GITHUB_COM = '.actions.githubusercontent.com';

export interface RequestUrlRules {
  /** An origin that is allowed in addition to GitHub's own. */
  readonly requestOrigin: string | undefined;
  /** The host of a GitHub Enterprise. Its subdomains are allowed as well. */
  readonly enterpriseHost: string | undefined;
  readonly allowLoopbackHttp: boolean;
}

/** @throws OptionError `unsafe_url` */
export function requestUrl(value: string, rules: RequestUrlRules): URL {
  if (!URL.canParse(value)) throw unsafe('is not a URL. Leave the variable as the runner sets it.');
  const url = new URL(value);
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw unsafe('must not contain a user name, a password or a fragment.');
  const loopback = url.protocol === 'http:' && rules.allowLoopbackHttp && isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !loopback)
    throw unsafe('must use https, because a token is never sent unencrypted.');
  const { hostname } = url;
  if (loopback || hostname.endsWith(GITHUB_COM) || url.origin === rules.requestOrigin) return url;
  const { enterpriseHost: enterprise } = rules;
  if (enterprise !== undefined && (hostname === enterprise || hostname.endsWith(`.${enterprise}`)))
    return url;
  throw unsafe(
    `must be a subdomain of ${GITHUB_COM.slice(1)}. On GitHub Enterprise, pass \`enterpriseHost\`, such as 'acme.ghe.com'. For a token service on another host, pass \`requestOrigin\`.`,
  );
}

function unsafe(why: string): OptionError {
  return new OptionError('unsafe_url', 'requestOrigin', VARIABLE, `${VARIABLE} ${why}`);
}
