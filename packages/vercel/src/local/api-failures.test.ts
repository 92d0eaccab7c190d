/** What Vercel's API refuses, and what it may not say. */

import { describe, it, vi } from 'vitest';
import { LINK, respondWith, expectFailure, useLaptop } from './failures.fixture.js';
import type { Failure } from './failures.fixture.js';
import { token } from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';

vi.setConfig({ testTimeout: 20_000 });
const laptopOfTest = useLaptop();

const refusal = (status: number, error: object): ((here: Laptop) => void) => respondWith(status, { error });

const ROWS: readonly Failure[] = [
  [
    'a login that the API does not know',
    'no_subject_token',
    'auth.json',
    '`vercel login`',
    refusal(403, { code: 'forbidden', message: 'Not authorized', invalidToken: true }),
  ],
  ['a 401', 'no_subject_token', 'auth.json', '`vercel login`', refusal(401, { code: 'unauthorized' })],
  [
    'another team',
    'access_denied',
    'project.json',
    '`vercel login`',
    refusal(403, { code: 'team_unauthorized', message: 'You are not authorized' }),
  ],
  [
    'a project that is gone',
    'target_not_found',
    'project.json',
    LINK,
    refusal(404, { code: 'not_found', message: 'Project not found.' }),
  ],
  [
    'a project without OIDC',
    'no_subject_token',
    'project.json',
    '`vercel env pull .env.local`',
    refusal(400, { code: 'bad_request', message: 'OIDC is not enabled for this project' }),
  ],
  ['another refusal', 'invalid_request', 'project.json', LINK, refusal(422, { code: 'unprocessable' })],
  [
    'throttling',
    'throttled',
    "Vercel's API",
    '`vercel env pull .env.local`',
    refusal(429, { code: 'rate_limited' }),
  ],
  ['an API that is down', 'unavailable', "Vercel's API", '`vercel whoami`', respondWith(503, 'down')],
  [
    'an answer without a token',
    'invalid_response',
    "Vercel's API",
    '`vercel env pull .env.local`',
    respondWith(200, '{'),
  ],
  [
    'a token that is none',
    'invalid_response',
    'project.json',
    '`vercel env pull .env.local`',
    respondWith(200, { token: 'x' }),
  ],
  [
    "another project's token",
    'invalid_response',
    'project.json',
    LINK,
    (here) => respondWith(200, { token: token({ project_id: 'prj_other' }) })(here),
  ],
  [
    "production's token",
    'invalid_response',
    'project.json',
    LINK,
    (here) => respondWith(200, { token: token({ environment: 'production' }) })(here),
  ],
  [
    'no network',
    'network',
    'https://api.vercel.com can not be reached',
    '`vercel whoami`',
    (here) => {
      here.respond = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    },
  ],
];

describe('a failure names file and command', () => {
  it.each(ROWS)('%s', (...row) => expectFailure(laptopOfTest(), row));
});
