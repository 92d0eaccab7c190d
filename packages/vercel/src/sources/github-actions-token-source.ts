import type { SubjectTokenSource } from '@credex/core';
import { FederationError } from '@credex/core';
import {
  DOMAIN_NAME,
  createCredentialProvider,
  endpointUrl,
  environmentVariable,
  optionalBoolean,
  optionalFunction,
  optionalString,
  transportOf,
} from '@credex/core/internal';
import type { ExternalSourceOptions } from './external-source.js';
import { externalSource, tokenRules } from './external-source.js';
import type { GithubRequest, RequestUrlRules } from './github-actions-exchanger.js';
import { githubActionsExchanger, requestUrl } from './github-actions-exchanger.js';

export interface GithubActionsTokenSourceOptions extends ExternalSourceOptions {
  /** The audience of the token if the provider requests none. Default: GitHub's own, the URL of the repository's owner. */
  readonly audience?: string | undefined;
  /** An origin that is allowed besides `*.actions.githubusercontent.com`: `https://tokens.example.com`. Default: none. */
  readonly requestOrigin?: string | undefined;
  /**
   * The host of a GitHub Enterprise, such as `acme.ghe.com` or `github.example.com`. It and its subdomains are allowed as
   * well. It is never read from the environment, so GITHUB_SERVER_URL has no effect. Default: none.
   */
  readonly enterpriseHost?: string | undefined;
  /** Allow `http:` on loopback for ACTIONS_ID_TOKEN_REQUEST_URL and `requestOrigin`, for emulators. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
  /** Sends the request to the runner. Default: `node:https` on Node, the global fetch in other runtimes. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * The ID token of a GitHub Actions job with `permissions: id-token: write`. It is requested from the runner with
 * ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN, which are read when a credential is requested. A token
 * is cached for the process until shortly before it expires. Concurrent callers share one request per audience. Network
 * and server errors (5xx, 429) are retried within 8 seconds. A redirect is an error.
 *
 * @example
 * const tokenSource = githubActionsTokenSource({
 *   audience: 'sts.amazonaws.com',
 *   expectClaims: { repository_id: '123456', ref: 'refs/heads/main' },
 * });
 * @throws OptionError for an invalid option
 */
export function githubActionsTokenSource(given: GithubActionsTokenSourceOptions = {}): SubjectTokenSource {
  const rules = tokenRules('githubActionsTokenSource', given, {
    requestOrigin: true,
    enterpriseHost: true,
    allowLoopbackHttp: true,
    fetch: true,
  });
  const { options } = rules;
  const requestToken = tokenRequester(options, rules.now);
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const urlRules: RequestUrlRules = {
    requestOrigin: originOf(options.requestOrigin, allowLoopbackHttp),
    enterpriseHost: optionalString({ option: 'enterpriseHost' }, options.enterpriseHost, DOMAIN_NAME),
    allowLoopbackHttp,
  };
  return externalSource(rules, {
    place: {
      provider: 'github-actions',
      named: 'the GitHub Actions runner',
      hints: {
        expired: 'Check the clock of this runner: GitHub issues a new token for each request.',
        unreadable: 'Check any proxy between the runner and GitHub.',
        audience: () =>
          'Check any proxy between the runner and GitHub: the runner returned another audience.',
      },
    },
    requestsAudience: true,
    open: () => {
      const url = environmentVariable('ACTIONS_ID_TOKEN_REQUEST_URL');
      const bearer = environmentVariable('ACTIONS_ID_TOKEN_REQUEST_TOKEN');
      return {
        // The URL identifies the job.
        origin: [url ?? null],
        async read({ audience, fresh, signal }) {
          if (url === undefined || bearer === undefined) throw noRunner(url, bearer);
          if (!HEADER_TEXT.test(bearer)) throw invalidRequestToken();
          const { href } = requestUrl(url, urlRules);
          return requestToken(bearer, { url: href, audience: audience ?? null }, fresh, signal);
        },
      };
    },
  });
}

type RequestToken = (
  bearer: string,
  request: GithubRequest,
  fresh: boolean,
  signal: AbortSignal,
) => Promise<string>;

const HOUR_MS = 3_600_000;

function tokenRequester({ fetch, clock }: GithubActionsTokenSourceOptions, now: () => number): RequestToken {
  let current: string | undefined;
  const exchanger = githubActionsExchanger(transportOf(optionalFunction({ option: 'fetch' }, fetch)));
  const provider = createCredentialProvider(exchanger, {
    // Captured synchronously in the call below. The request token is opaque: only its digest is used, for an hour.
    source: {
      capture() {
        const token = { jwt: current as string, claims: {}, expiresAt: now() + HOUR_MS };
        return { identityKey: undefined, token: async () => token };
      },
    },
    clock,
  });
  return async (bearer, request, forceRefresh, signal) => {
    current = bearer;
    return (await provider.getCredentials({ request, forceRefresh, signal })).jwt;
  };
}

function originOf(value: unknown, allowLoopbackHttp: boolean): string | undefined {
  const given = optionalString({ option: 'requestOrigin' }, value);
  const rules = { allowLoopbackHttp, allowPath: false };
  return given === undefined ? undefined : endpointUrl({ option: 'requestOrigin' }, given, rules).origin;
}

/** Checked first, because the error of an HTTP client would quote an invalid header. */
const HEADER_TEXT = /^[\x20-\x7e]+$/;

function invalidRequestToken(): FederationError {
  return new FederationError({
    code: 'invalid_subject_token',
    provider: 'github-actions',
    message: 'ACTIONS_ID_TOKEN_REQUEST_TOKEN contains characters that an HTTP header can not contain.',
    hint: 'Leave the variable as the runner sets it.',
  });
}

function noRunner(url: string | undefined, bearer: string | undefined): FederationError {
  const missing = [
    url === undefined ? 'no ACTIONS_ID_TOKEN_REQUEST_URL' : undefined,
    bearer === undefined ? 'no ACTIONS_ID_TOKEN_REQUEST_TOKEN' : undefined,
  ];
  return new FederationError({
    code: 'no_subject_token',
    provider: 'github-actions',
    message: `There is no GitHub Actions token: ${missing.filter((one) => one !== undefined).join(', ')}.`,
    hint: 'Add `permissions: id-token: write` to the job. A workflow that a fork started does not get this permission.',
  });
}
