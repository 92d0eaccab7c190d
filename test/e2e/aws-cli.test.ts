/** AWS's own command line, by `credential_process`: real processes, a real signature, the emulator's S3. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { BIN, credex, ended, folder, outside, removeFolders, start } from '../support/command-line.js';
import type { Ended, Run } from '../support/command-line.js';
import { STORES } from '../support/credex.js';
import { AWS } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const BOUND_MS = 120_000;

/** `aws-cli/2.9.19 Python/…`; undefined: it is not installed. */
function awsVersion(): string | undefined {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

const version = awsVersion();
const isCi = process.env['CI'] !== undefined && process.env['CI'] !== 'false';
// Told past the reporter, which keeps quiet of what passes.
process.stderr.write(
  version === undefined
    ? 'NOT SHOWN: test/e2e/aws-cli.test.ts: there is no `aws` on PATH (apt-get install awscli)\n'
    : `aws-cli.test.ts: ${version}\n`,
);

test('CI has the AWS CLI', () => {
  expect(isCi && version === undefined, 'There is no `aws` on PATH: .ci/run installs it.').toBe(false);
});

describe.runIf(version !== undefined)('the AWS CLI', () => {
  const fixture = useFixture();
  removeFolders();
  vi.setConfig({ testTimeout: BOUND_MS });

  let cwd: string;
  let ca: string;
  beforeAll(async () => {
    await ensureBuilt();
    const absent = { ...STORES.aws, roleArn: `${AWS.roleArn}-absent` };
    cwd = folder({ 'credex.config.json': { credentials: { store: STORES.aws, absent } } });
    ca = join(cwd, 'ca.pem');
    await fixture.emulator.writeCa(ca);
    const profiles: string[] = [];
    for (const name of ['store', 'absent']) {
      const config = join(cwd, 'credex.config.json');
      const argv = ['print-config', name, '--config', config, '--command', 'credex-here'];
      profiles.push((await credex(argv, await here())).stdout);
    }
    // As print-config prints it; only how credex starts is this file's own.
    const profile = profiles.join('\n').replaceAll('credex-here', `"${process.execPath}" "${BIN}"`);
    writeFileSync(join(cwd, 'aws-config'), profile);
  }, BOUND_MS);

  async function here(): Promise<Run> {
    const env = {
      ...outside(fixture.emulator, { ca }),
      HOME: cwd,
      // Where credential_process is run from is the caller's folder.
      AWS_CONFIG_FILE: join(cwd, 'aws-config'),
      AWS_SHARED_CREDENTIALS_FILE: join(cwd, 'none'),
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
      PYENV_VERSION: process.env['PYENV_VERSION'],
      PYENV_ROOT: process.env['PYENV_ROOT'],
      VERCEL_OIDC_TOKEN: await fixture.mint(),
    };
    return { cwd: folder(), env };
  }

  async function aws(...argv: string[]): Promise<Ended> {
    const endpoint = ['--endpoint-url', fixture.emulator.url('aws-s3')];
    const [profile = 'store'] = argv.splice(0, 1);
    return ended(start('aws', ['--profile', profile, ...endpoint, ...argv], await here()));
  }

  test('puts an object and gets it back', async () => {
    const sent = join(cwd, 'order.txt');
    const got = join(cwd, 'got.txt');
    writeFileSync(sent, 'an order of 3 pears');
    const object = ['--bucket', AWS.bucket, '--key', 'orders/cli.txt'];
    expect(await aws('store', 's3api', 'put-object', ...object, '--body', sent)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await aws('store', 's3api', 'get-object', ...object, got)).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(got, 'utf8')).toBe('an order of 3 pears');
    const exchanges = fixture.emulator.log.entries('aws-sts').length;
    // One a process: nothing is kept between them.
    expect(exchanges).toBe(2);
  });

  test('a refusal comes through, with what to do and no token', async () => {
    const done = await aws(
      'absent',
      's3api',
      'get-object',
      '--bucket',
      AWS.bucket,
      '--key',
      'x',
      join(cwd, 'x'),
    );
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('access_denied');
    expect(done.stdout + done.stderr).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });

  test('the JSON of credential_process', async () => {
    const run = { ...(await here()), cwd };
    const done = await credex(['credential-process', 'store', '--config', 'credex.config.json'], run);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toEqual({
      Version: 1,
      AccessKeyId: expect.stringMatching(/^ASIA/) as string,
      SecretAccessKey: expect.any(String) as string,
      SessionToken: expect.any(String) as string,
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      AccountId: AWS.accountId,
    });
  });
});
