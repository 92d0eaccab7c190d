/** `api.vercel.com`, as far as a laptop asks it for a development token: `POST /v1/projects/{idOrName}/token`. */
import type { MintOptions } from './mint.js';
import { decodedPart } from '../request-content.js';
import type { Service, ServiceAnswer, ServiceRequest } from '../service.js';
import type { Accounts } from './accounts.js';

// How Vercel's REST API says it: `{ error: { code, message } }` for a refusal.

const json = (status: number, body: unknown, log: Readonly<Record<string, string>>): ServiceAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
  log,
});

/** `more`: members next to code and message, such as `invalidToken`. */
function refusal(
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): ServiceAnswer {
  const reason = Object.keys(more).find((name) => more[name] === true) ?? code;
  return json(status, { error: { code, message, ...more } }, { refused: reason });
}

const rateLimited = (): ServiceAnswer =>
  refusal(429, 'rate_limited', 'The rate limit of 60 exceeded. Try again in 1 minute', {
    limit: { remaining: 0, total: 60 },
  });

const WORDS: Readonly<Record<number, readonly [string, string]>> = {
  400: ['bad_request', 'Invalid request'],
  401: ['unauthorized', 'Unauthorized'],
  403: ['forbidden', "You don't have permission to access this resource."],
  404: ['not_found', 'Not found'],
};

/** A planted status, in the API's own words. */
function statusAnswer(status: number): ServiceAnswer {
  if (status === 429) return rateLimited();
  const [code, message] = WORDS[status] ?? ['internal_server_error', 'An unexpected internal error occurred'];
  return refusal(status, code, message);
}

/** The CLI leaves the version out. */
const PROJECT_TOKEN = /^(?:\/v1)?\/projects\/([^/]+)\/token$/;

/** Development tokens last 12 hours. */
const LIFETIME_SECONDS = 43_200;

export function createVercelApiService(
  accounts: Accounts,
  mint: (options: MintOptions) => Promise<string>,
): Service {
  return {
    name: 'vercel-api',
    handle: async (request) => {
      const [, encoded] = PROJECT_TOKEN.exec(request.path) ?? [];
      if (encoded === undefined) return refusal(404, 'not_found', 'The requested endpoint does not exist');
      if (request.method !== 'POST') {
        const answer = refusal(405, 'method_unknown', 'This endpoint only responds to POST');
        return { ...answer, headers: { ...answer.headers, allow: 'POST' } };
      }
      // No project has a name that isn't text.
      return projectToken(request, decodedPart(encoded) ?? '', accounts, mint);
    },
    faultAnswer: (kind, _request, status) =>
      kind === 'throttle' ? rateLimited() : statusAnswer(status ?? 500),
  };
}

async function projectToken(
  request: ServiceRequest,
  idOrName: string,
  accounts: Accounts,
  mint: (options: MintOptions) => Promise<string>,
): Promise<ServiceAnswer> {
  const header = request.headers['authorization'];
  if (header === undefined)
    return refusal(403, 'forbidden', 'The request is missing an authentication token', {
      missingToken: true,
    });
  const bearer = /^Bearer (\S+)$/.exec(header)?.[1];
  const login = bearer === undefined ? undefined : accounts.login(bearer);
  // Unknown, revoked and ended logins alike.
  if (login === undefined) return refusal(403, 'forbidden', 'Not authorized', { invalidToken: true });
  // Without a team, the person's own projects are meant.
  const owner = request.query.get('teamId') ?? login.userId;
  if (owner !== login.userId && !login.teamIds.includes(owner))
    return refusal(403, 'team_unauthorized', 'You are not authorized');
  const found = accounts.project(idOrName, owner);
  if (found === undefined) return refusal(404, 'not_found', 'Project not found.');
  // The real words are not documented: these are the emulator's own.
  if (found.oidc === false) return refusal(400, 'bad_request', 'OIDC is not enabled for this project');

  const { oidc: _oidc, ...project } = found;
  const token = await mint({
    ...project,
    environment: 'development',
    userId: login.userId,
    lifetimeSeconds: LIFETIME_SECONDS,
  });
  return json(200, { token }, { action: 'project-token', projectId: found.projectId, userId: login.userId });
}
