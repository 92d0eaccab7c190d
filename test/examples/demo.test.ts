/** The demo, as a newcomer runs it: three clouds and an API of one's own, used, and a preview token refused by each. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { hasPostgres } from '../support/postgres-server.mjs';

const demo = fileURLToPath(new URL('../demo/demo.mjs', import.meta.url));
const BOUND_MS = 120_000;

beforeAll(() => ensureBuilt(), BOUND_MS);

test(
  'ends 0 and says what it did',
  async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [demo]);
    expect(stderr).toBe('');
    expect(stdout.match(/written and read back/g)).toHaveLength(hasPostgres() ? 4 : 3);
    expect(stdout).toMatch(
      hasPostgres()
        ? /PostgreSQL\n {4}identity {4}user app of PostgreSQL [\s\S]*PostgreSQL: refused with access_denied/
        : /PostgreSQL: left out.*apt-get install postgresql/,
    );
    expect(stdout.match(/cold call +\d+ ms, warm call /g)).toHaveLength(3);
    expect(stdout).toMatch(
      /AWS: refused with access_denied[\s\S]*Google Cloud: refused with subject_not_allowed[\s\S]*Azure: refused with subject_not_allowed/,
    );
    expect(stdout).toMatch(/An API of your own\n {4}identity {4}shop in production, by its verified claims/);
    expect(stdout).toMatch(
      /An API of your own: refused with HTTP 403\n.*insufficient_scope"\.\n.*log of the API: not_allowed, environment preview/,
    );
    expect(stdout).toMatch(/environment:preview/);
  },
  BOUND_MS,
);

test(
  'with --live and nothing configured, says what to set',
  async () => {
    const ended = await promisify(execFile)(process.execPath, [demo, '--live'], {
      env: { PATH: process.env['PATH'] },
    }).then(
      () => undefined,
      (error: { code: number; stdout: string }) => error,
    );
    expect(ended?.code).toBe(1);
    expect(ended?.stdout).toMatch(/AWS: not configured: set AWS_ROLE_ARN, DEMO_S3_BUCKET/);
  },
  BOUND_MS,
);
