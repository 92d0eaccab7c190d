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
} from '@credex/core/driver';
import type { ExternalSourceOptions } from './external-source-options.js';
import { tokenRules } from './external-source-options.js';
import { externalSource } from './external-subject.js';
import type { GithubRequest } from './github-actions-exchanger.js';
import { githubActionsExchanger } from './github-actions-exchanger.js';
import type { RequestUrlRules } from './github-actions-url.js';
import { requestUrl } from './github-actions-url.js';

export interface GithubActionsTokenSourceOptions extends ExternalSourceOptions {
  /** The audience to ask for where a provider asks for none. Default: GitHub's, the URL of the repository's owner. */
  readonly audience?: string | undefined;
  /**
   * An origin that may be asked as well as `*.actions.githubusercontent.com`: `https://tokens.example.com`. Default: none.
   */
  readonly requestOrigin?: string | undefined;
  /**
   * The host of a GitHub Enterprise, such as `acme.ghe.com` or `github.example.com`: it and the hosts below it may be asked
   * as well. The environment never names it: GITHUB_SERVER_URL is not read. Default: none.
   */
  readonly enterpriseHost?: string | undefined;
  /** Allow `http:` on loopback for ACTIONS_ID_TOKEN_REQUEST_URL and `requestOrigin`, for emulators. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
  /** Sends the request to the runner. Default: `node:https` on Node, the global fetch in other runtimes. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * The ID token of a GitHub Actions job with `permissions: id-token: write`, asked of the runner by
 * ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN, which are read in the caller's request. An answer
 * is cached for the whole process until shortly before it expires, one request is in flight for an audience, and failures of the
 * network and of the server (5xx, 429) are retried within 8 seconds. A redirect is an error.
 *
 * @example
 * const tokenSource = githubActionsTokenSource({
 *   audience: 'sts.amazonaws.com',
 *   expectClaims: { repository_id: '123456', ref: 'refs/heads/main' },
 * });
 * @throws OptionError for an option that can't be honoured
 */
export function githubActionsTokenSource(given: GithubActionsTokenSourceOptions = {}): SubjectTokenSource {
  const rules = tokenRules('githubActionsTokenSource', given, {
    requestOrigin: true,
    enterpriseHost: true,
    allowLoopbackHttp: true,
    fetch: true,
  });
  const { options } = rules;
  const ask = runner(options, rules.now);
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const where: RequestUrlRules = {
    requestOrigin: originOf(options.requestOrigin, allowLoopbackHttp),
    enterpriseHost: optionalString({ option: 'enterpriseHost' }, options.enterpriseHost, DOMAIN_NAME),
    allowLoopbackHttp,
  };
  return externalSource(rules, {
    place: {
      provider: 'github-actions',
      named: 'the GitHub Actions runner',
      hints: {
        expired: 'Set the clock of this runner: GitHub gives a new token each time it is asked.',
        unreadable: 'Check any proxy between the runner and GitHub.',
        audience: () => 'The runner answered for another audience: check any proxy between it and GitHub.',
      },
    },
    requestsAudience: true,
    open: () => {
      const url = environmentVariable('ACTIONS_ID_TOKEN_REQUEST_URL');
      const requestToken = environmentVariable('ACTIONS_ID_TOKEN_REQUEST_TOKEN');
      return {
        // It names the job.
        origin: [url ?? null],
        async read({ audience, fresh, signal }) {
          if (url === undefined || requestToken === undefined) throw noRunner(url, requestToken);
          if (!FIT_FOR_A_HEADER.test(requestToken)) throw unfitRequestToken();
          const { href } = requestUrl(url, where);
          return ask(requestToken, { url: href, audience: audience ?? null }, fresh, signal);
        },
      };
    },
  });
}

type AskRunner = (
  requestToken: string,
  request: GithubRequest,
  fresh: boolean,
  signal: AbortSignal,
) => Promise<string>;

const AN_HOUR_MS = 3_600_000;

function runner({ fetch, clock }: GithubActionsTokenSourceOptions, now: () => number): AskRunner {
  let asking: string | undefined;
  const exchanger = githubActionsExchanger(transportOf(optionalFunction({ option: 'fetch' }, fetch)));
  const provider = createCredentialProvider(exchanger, {
    // Captured synchronously in the call below. It is opaque to us: only its digest is made use of, for an hour.
    source: {
      capture() {
        const token = { jwt: asking as string, claims: {}, expiresAt: now() + AN_HOUR_MS };
        return { identityKey: undefined, token: async () => token };
      },
    },
    clock,
  });
  return async (requestToken, request, forceRefresh, signal) => {
    asking = requestToken;
    return (await provider.getCredentials({ request, forceRefresh, signal })).jwt;
  };
}

function originOf(value: unknown, allowLoopbackHttp: boolean): string | undefined {
  const given = optionalString({ option: 'requestOrigin' }, value);
  const rules = { allowLoopbackHttp, allowPath: false };
  return given === undefined ? undefined : endpointUrl({ option: 'requestOrigin' }, given, rules).origin;
}

/** What the network says of a header of other characters quotes it. */
const FIT_FOR_A_HEADER = /^[\x20-\x7e]+$/;

function unfitRequestToken(): FederationError {
  return new FederationError({
    code: 'invalid_subject_token',
    provider: 'github-actions',
    message: 'ACTIONS_ID_TOKEN_REQUEST_TOKEN holds what no header can carry.',
    hint: 'Leave the variable as the runner sets it.',
  });
}

function noRunner(url: string | undefined, requestToken: string | undefined): FederationError {
  const missing = [
    url === undefined ? 'no ACTIONS_ID_TOKEN_REQUEST_URL' : undefined,
    requestToken === undefined ? 'no ACTIONS_ID_TOKEN_REQUEST_TOKEN' : undefined,
  ];
  return new FederationError({
    code: 'no_subject_token',
    provider: 'github-actions',
    message: `There is no GitHub Actions token: ${missing.filter((one) => one !== undefined).join(', ')}.`,
    hint: 'Give the job `permissions: id-token: write`; a workflow started by a fork has no such right.',
  });
}
