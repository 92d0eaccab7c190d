/** How Vercel's REST API says it: `{ error: { code, message } }` for a refusal. */
import type { ServiceAnswer } from '../service.js';

export const json = (
  status: number,
  body: unknown,
  log: Readonly<Record<string, string>>,
): ServiceAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
  log,
});

/** `more`: members next to code and message, such as `invalidToken`. */
export function refusal(
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): ServiceAnswer {
  const reason = Object.keys(more).find((name) => more[name] === true) ?? code;
  return json(status, { error: { code, message, ...more } }, { refused: reason });
}

export const missingToken = (): ServiceAnswer =>
  refusal(403, 'forbidden', 'The request is missing an authentication token', { missingToken: true });

/** Of an unknown, a revoked and an ended login alike. */
export const invalidToken = (): ServiceAnswer =>
  refusal(403, 'forbidden', 'Not authorized', { invalidToken: true });

/** A login that is good, and a team that it is no member of. */
export const teamUnauthorized = (): ServiceAnswer =>
  refusal(403, 'team_unauthorized', 'You are not authorized');

export const projectNotFound = (): ServiceAnswer => refusal(404, 'not_found', 'Project not found.');

/** The real words are not documented: these are the emulator's own. */
export const oidcDisabled = (): ServiceAnswer =>
  refusal(400, 'bad_request', 'OIDC is not enabled for this project');

export const rateLimited = (): ServiceAnswer =>
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
export function statusAnswer(status: number): ServiceAnswer {
  if (status === 429) return rateLimited();
  const [code, message] = WORDS[status] ?? ['internal_server_error', 'An unexpected internal error occurred'];
  return refusal(status, code, message);
}
