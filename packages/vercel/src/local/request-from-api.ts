/** Requests a development token from Vercel's API with the login of the CLI: `POST /v1/projects/{id}/token`. */

import type { FederationErrorCode } from '@credex/core';
import type { ExchangeContext, HttpResponse } from '@credex/core/internal';
import { shown } from '@credex/core/internal';
import { retryAfterMs, transportFailure } from '@credex/core/failure';
import { jsonObject } from '../platform/token-response.js';
import type { LocalFailure } from './failure.js';
import { failure } from './failure.js';
import type { LinkedProject } from './linked-project.js';
import { teamOf } from './linked-project.js';

export interface ApiLogin {
  readonly token: string;
  readonly file: string;
}

/** Returns the token without validation; the caller checks its claims against the project. */
export async function requestFromApi(
  context: ExchangeContext,
  endpoint: URL,
  project: LinkedProject,
  login: ApiLogin,
): Promise<unknown> {
  const url = tokenUrl(endpoint, project);
  return context.step(url.host, async (signal) => {
    const response = await context.post(url, {
      headers: { authorization: `Bearer ${login.token}`, accept: 'application/json' },
      body: '',
      signal,
    });
    const body = jsonObject(response.body);
    if (response.status === 200 && typeof body['token'] === 'string') return body['token'];
    throw refusal(response, body, project, login);
  });
}

/** Built from validated ids only, so that they cannot change the path or the query. */
function tokenUrl(endpoint: URL, { projectId, ownerId }: LinkedProject): URL {
  const url = new URL(endpoint);
  url.pathname = `${endpoint.pathname.replace(/\/$/, '')}/v1/projects/${projectId}/token`;
  url.searchParams.set('source', 'vercel-oidc-refresh');
  const team = teamOf(ownerId);
  if (team !== undefined) url.searchParams.set('teamId', team);
  return url;
}

/** A request without a response. */
export function unreached(error: unknown, endpoint: URL): LocalFailure {
  const { code = 'network', reason } = transportFailure(error) ?? {};
  const why = {
    certificate: ' Its TLS certificate is not trusted: for a private CA, set NODE_EXTRA_CA_CERTS.',
    name: ' Its host name could not be resolved.',
  };
  return failure({
    code,
    message: `Vercel's API at ${endpoint.origin} ${code === 'timeout' ? 'did not respond in time' : 'can not be reached'}.${reason === undefined ? '' : why[reason]}`,
    hint: 'Check the network and the proxy. Run `vercel whoami` to test the connection: it uses the same API.',
    cause: error,
  });
}

interface Verdict {
  readonly code: FederationErrorCode;
  readonly message: string;
  readonly hint: string;
}

function refusal(
  response: HttpResponse,
  body: Readonly<Record<string, unknown>>,
  project: LinkedProject,
  login: ApiLogin,
): LocalFailure {
  const { status } = response;
  const error = (
    typeof body['error'] === 'object' && body['error'] !== null ? body['error'] : {}
  ) as Readonly<Record<string, unknown>>;
  const serverCode = typeof error['code'] === 'string' ? error['code'] : undefined;
  const serverMessage = typeof error['message'] === 'string' ? error['message'] : undefined;
  const ofLogin = status === 401 || error['invalidToken'] === true || error['missingToken'] === true;
  const ofOidc = /oidc/i.test(`${serverCode ?? ''} ${serverMessage ?? ''}`);
  return failure({
    ...verdict(status, ofLogin, ofOidc, project, login),
    status,
    serverCode,
    serverMessage,
    retryAfterMs: retryAfterMs(response.headers),
  });
}

function verdict(
  status: number,
  ofLogin: boolean,
  ofOidc: boolean,
  { projectId, ownerId, source }: LinkedProject,
  { file }: ApiLogin,
): Verdict {
  const named = `The project ${shown(projectId)} of ${source}`;
  if (status === 200)
    return {
      code: 'invalid_response',
      message: "Vercel's API returned a response without a token.",
      hint: 'Try again, or run `vercel env pull .env.local`, which gets a token in another way.',
    };
  if (status === 429)
    return {
      code: 'throttled',
      message: "Vercel's API received too many requests (status 429).",
      hint: 'Wait and try again, or run `vercel env pull .env.local`.',
    };
  if (status >= 500)
    return {
      code: 'unavailable',
      message: `Vercel's API is unavailable (status ${status}).`,
      hint: 'Try again. Run `vercel whoami` to see whether the API is available.',
    };
  if (ofLogin)
    return {
      code: 'no_subject_token',
      message: `Vercel's API rejected the login in ${file}.`,
      hint: 'Run `vercel whoami`, which renews the login, or `vercel login`.',
    };
  if (ofOidc)
    return {
      code: 'no_subject_token',
      message: `${named} has no OIDC tokens, because OIDC federation is disabled.`,
      hint: 'Enable OIDC federation in the project settings, then run `vercel env pull .env.local`.',
    };
  if (status === 404)
    return {
      code: 'target_not_found',
      message: `${named} was not found: it was removed, or it does not belong to ${shown(ownerId ?? 'the logged-in user')}.`,
      hint: 'Run `vercel link` to link the directory to a project that exists.',
    };
  if (status === 403)
    return {
      code: 'access_denied',
      message: `The login in ${file} has no access to the team ${shown(ownerId ?? 'of the project')}, which ${source} names.`,
      hint: 'Run `vercel login` as a member of the team, or `vercel link` to link the directory to another project.',
    };
  return {
    code: 'invalid_request',
    message: `Vercel's API rejected the request for a token of the project in ${source} (status ${status}).`,
    hint: 'Run `vercel link`, then `vercel env pull .env.local`, and read their messages.',
  };
}
