/** `api.vercel.com`, as far as a laptop asks it for a development token: `POST /v1/projects/{idOrName}/token`. */
import type { MintOptions } from './mint.js';
import { decodedPart } from '../request-content.js';
import type { Service, ServiceAnswer, ServiceRequest } from '../service.js';
import type { Accounts } from './accounts.js';
import {
  invalidToken,
  json,
  missingToken,
  oidcDisabled,
  projectNotFound,
  rateLimited,
  refusal,
  statusAnswer,
  teamUnauthorized,
} from './api-responses.js';

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
  if (header === undefined) return missingToken();
  const bearer = /^Bearer (\S+)$/.exec(header)?.[1];
  const login = bearer === undefined ? undefined : accounts.login(bearer);
  if (login === undefined) return invalidToken();
  // Without a team, the person's own projects are meant.
  const owner = request.query.get('teamId') ?? login.userId;
  if (owner !== login.userId && !login.teamIds.includes(owner)) return teamUnauthorized();
  const found = accounts.project(idOrName, owner);
  if (found === undefined) return projectNotFound();
  if (found.oidc === false) return oidcDisabled();

  const { oidc: _oidc, ...project } = found;
  const token = await mint({
    ...project,
    environment: 'development',
    userId: login.userId,
    lifetimeSeconds: LIFETIME_SECONDS,
  });
  return json(200, { token }, { action: 'project-token', projectId: found.projectId, userId: login.userId });
}
