/** What goes wrong when the CLI is asked. */

import { describe, it, vi } from 'vitest';
import type { LocalTokenSourceOptions } from '../local.js';
import { LINK, expectFailure, useLaptop } from './failures.fixture.js';
import type { Failure } from './failures.fixture.js';
import { token } from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';

vi.setConfig({ testTimeout: 20_000 });
const laptopOfTest = useLaptop();

const viaCli =
  (script: string, more: LocalTokenSourceOptions = {}) =>
  (here: Laptop): LocalTokenSourceOptions => {
    here.program(script);
    return { via: 'cli', ...more };
  };
const fails = (words: string): ((here: Laptop) => LocalTokenSourceOptions) =>
  viaCli(`process.stderr.write(${JSON.stringify(words)}); process.exit(1)`);

const ROWS: readonly Failure[] = [
  [
    'no CLI',
    'no_subject_token',
    'node_modules/.bin of',
    '`npm install --global vercel`',
    () => ({ via: 'cli' }),
  ],
  [
    'a CLI that everybody may write',
    'no_subject_token',
    'node_modules/.bin/vercel was skipped',
    '`npm install',
    (here) => {
      here.write(here.program('console.log(1)'), 'x', 0o777);
      return { via: 'cli' };
    },
  ],
  [
    'a CLI that is not logged in',
    'no_subject_token',
    'project.json',
    '`vercel login`',
    fails('Error: No existing credentials found.'),
  ],
  [
    'a CLI for another team',
    'access_denied',
    'project.json',
    '`vercel login`',
    fails('Error: The specified scope does not exist'),
  ],
  [
    'a CLI that finds no project',
    'target_not_found',
    'project.json',
    LINK,
    fails('Error: No such project exists'),
  ],
  [
    'a CLI of a project without OIDC',
    'no_subject_token',
    'project.json',
    '`vercel env pull .env.local`',
    fails('OIDC is not enabled'),
  ],
  [
    'an old CLI',
    'invalid_request',
    'project.json',
    '`npm install --global vercel@latest`',
    fails('Error: unknown or unexpected option: --format'),
  ],
  [
    'a CLI that just fails',
    'no_subject_token',
    'project.json',
    '`vercel project token prj_shop`',
    fails('boom'),
  ],
  [
    'a CLI that prints garbage',
    'invalid_response',
    'bin/vercel did not print a token',
    '`vercel project token prj_shop`',
    viaCli('console.log("hello")'),
  ],
  [
    'a CLI that prints too much',
    'invalid_response',
    'bin/vercel printed more than',
    '`vercel project token prj_shop`',
    viaCli('console.log("x".repeat(100_000))'),
  ],
  [
    'a CLI that hangs',
    'timeout',
    'bin/vercel did not finish within 700 ms',
    '`vercel project token prj_shop`',
    viaCli('setInterval(() => {}, 1000)', { timeoutMs: 700 }),
  ],
  [
    'a CLI that returns a token of another project',
    'invalid_response',
    'project.json',
    LINK,
    viaCli(`console.log(JSON.stringify({ token: ${JSON.stringify(token({ project_id: 'prj_b' }))} }))`),
  ],
  [
    'a CLI that can not be run',
    'no_subject_token',
    'bin/vercel could not be run',
    '`npm install --global vercel`',
    (here) => {
      here.write(here.program(''), '#!/nowhere/node\n', 0o755);
      return { via: 'cli' };
    },
  ],
];

describe('a failure names file and command', () => {
  it.each(ROWS)('%s', (...row) => expectFailure(laptopOfTest(), row));
});
