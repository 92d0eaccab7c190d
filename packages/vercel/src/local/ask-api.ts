/** A development token from Vercel's API, by the login of the CLI: `POST /v1/projects/{id}/token`. */

import type { FederationErrorCode } from '@credex/core';
import type { ExchangeContext, HttpAnswer } from '@credex/core/driver';
import { parseJson, retryAfterMs, shown, transportFailure } from '@credex/core/driver';
import type { LocalFailure } from './failure.js';
import { failure } from './failure.js';
import { teamOf } from './ids.js';
import type { LinkedProject } from './linked-project.js';

export interface ApiLogin {
  readonly token: string;
  readonly file: string;
}

/** The token as it came; the caller holds its claims against the project. */
export async function askApi(
  context: ExchangeContext,
  endpoint: URL,
  project: LinkedProject,
  login: ApiLogin,
): Promise<unknown> {
  const url = tokenUrl(endpoint, project);
  return context.step(url.host, async (signal) => {
    const answer = await context.post(url, {
      headers: { authorization: `Bearer ${login.token}`, accept: 'application/json' },
      body: '',
      signal,
    });
    const body = parsed(answer.body);
    if (answer.status === 200 && typeof body['token'] === 'string') return body['token'];
    throw refusal(answer, body, project, login);
  });
}

/** Of checked ids alone, so that the path and the query are what they look like. */
function tokenUrl(endpoint: URL, { projectId, ownerId }: LinkedProject): URL {
  const url = new URL(endpoint);
  url.pathname = `${endpoint.pathname.replace(/\/$/, '')}/v1/projects/${projectId}/token`;
  url.searchParams.set('source', 'vercel-oidc-refresh');
  const team = teamOf(ownerId);
  if (team !== undefined) url.searchParams.set('teamId', team);
  return url;
}

/** A request that brought no answer. */
export function unreached(error: unknown, endpoint: URL): LocalFailure {
  const { code = 'network', reason } = transportFailure(error) ?? {};
  const why = {
    certificate: ' Its certificate is not trusted (NODE_EXTRA_CA_CERTS).',
    name: ' Its name is not found.',
  };
  return failure({
    code,
    message: `Vercel's API at ${endpoint.origin} ${code === 'timeout' ? 'did not answer in time' : 'can not be reached'}.${reason === undefined ? '' : why[reason]}`,
    hint: 'Check the network and its proxy; `vercel whoami` asks the same API.',
    cause: error,
  });
}

interface Verdict {
  readonly code: FederationErrorCode;
  readonly message: string;
  readonly hint: string;
}

function refusal(
  answer: HttpAnswer,
  body: Readonly<Record<string, unknown>>,
  project: LinkedProject,
  login: ApiLogin,
): LocalFailure {
  const { status } = answer;
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
    retryAfterMs: retryAfterMs(answer.headers),
  });
}

function verdict(
  status: number,
  ofLogin: boolean,
  ofOidc: boolean,
  { projectId, ownerId, saidBy }: LinkedProject,
  { file }: ApiLogin,
): Verdict {
  const named = `The project ${shown(projectId)} of ${saidBy}`;
  if (status === 200)
    return {
      code: 'invalid_response',
      message: "Vercel's API answered without a token.",
      hint: 'Try again; `vercel env pull .env.local` asks in another way.',
    };
  if (status === 429)
    return {
      code: 'throttled',
      message: "Vercel's API asked to slow down.",
      hint: 'Wait, then try again; `vercel env pull .env.local` will do too.',
    };
  if (status >= 500)
    return {
      code: 'unavailable',
      message: "Vercel's API could not answer.",
      hint: 'Try again; `vercel whoami` shows whether it answers.',
    };
  if (ofLogin)
    return {
      code: 'no_subject_token',
      message: `Vercel's API does not take the login in ${file}.`,
      hint: 'Run `vercel whoami`, by which the CLI renews it, or `vercel login`.',
    };
  if (ofOidc)
    return {
      code: 'no_subject_token',
      message: `${named} has no OIDC tokens: the feature is off.`,
      hint: 'Turn on OIDC federation in the settings of the project, then run `vercel env pull .env.local`.',
    };
  if (status === 404)
    return {
      code: 'target_not_found',
      message: `${named} is not found: it was removed, or it belongs to another team than ${shown(ownerId ?? 'the person')}.`,
      hint: 'Run `vercel link` to link the directory to a project that exists.',
    };
  if (status === 403)
    return {
      code: 'access_denied',
      message: `The login in ${file} may not use the team ${shown(ownerId ?? 'of the project')}, which ${saidBy} names.`,
      hint: 'Run `vercel login` as a member of the team, or `vercel link` to link the directory to another project.',
    };
  return {
    code: 'invalid_request',
    message: `Vercel's API refused to give a token for the project of ${saidBy}.`,
    hint: 'Run `vercel link`, then `vercel env pull .env.local`, and see what they say.',
  };
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseJson(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Judged by the status: the body may repeat what was sent.
    return {};
  }
}
