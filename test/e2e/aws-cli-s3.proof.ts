/** AWS's command line where it does more than one request: copies in parts, recursion, ranges, presigned URLs, over TLS. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { describeProgram, download, useProgramFixture, writeLarge } from '../support/programs.js';
import { AWS } from '../support/trust.js';

const MIB = 1024 * 1024;

const programs = useProgramFixture();

const cli = {
  command: ['aws', '--version'],
  install: 'apt-get install awscli',
  inCi: true,
} as const;

describeProgram('the AWS CLI', cli, () => {
  let large: Buffer;
  beforeAll(async () => {
    mkdirSync(join(programs.cwd, 'up'));
    large = writeLarge(join(programs.cwd, 'up', 'large.bin'), 17 * MIB);
    writeFileSync(join(programs.cwd, 'up', 'small é.txt'), 'an order of 3 pears');
    // Its first version still presigns by Signature Version 2 unless it is told otherwise.
    const profile = `${await programs.printConfig('aws')}s3 =\n  signature_version = s3v4\n`;
    writeFileSync(join(programs.cwd, 'aws-config'), profile);
  });

  async function aws(...args: string[]): Promise<string> {
    const env = {
      AWS_CONFIG_FILE: join(programs.cwd, 'aws-config'),
      AWS_SHARED_CREDENTIALS_FILE: join(programs.cwd, 'none'),
      AWS_CA_BUNDLE: programs.ca,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
    };
    const all = ['--profile', 'aws', '--endpoint-url', programs.url('aws-s3'), ...args];
    const { code, stdout, stderr } = await programs.run('aws', all, env);
    expect(code, stderr).toBe(0);
    return stdout;
  }
  const at = `s3://${AWS.bucket}`;

  test('copies to and fro, a large file in parts', async () => {
    await aws('s3', 'cp', '--recursive', '--no-progress', 'up', `${at}/in/`);
    const parts = programs.fixture.emulator.log.count(
      'aws-s3',
      ({ method, path }) => method === 'PUT' && path.endsWith('large.bin'),
    );
    expect(parts).toBe(3);
    expect(await aws('s3', 'ls', `${at}/in/`)).toMatch(/ 17825792 large\.bin\n.* 19 small é\.txt\n$/);
    await aws('s3', 'cp', '--no-progress', `${at}/in/large.bin`, 'large.down');
    expect(readFileSync(join(programs.cwd, 'large.down')).equals(large)).toBe(true);
    expect(await aws('s3', 'sync', '--no-progress', 'up', `${at}/in/`)).toBe('');
    await aws('s3', 'rm', `${at}/in/small é.txt`);
    expect(
      JSON.parse(await aws('s3api', 'list-objects', '--bucket', AWS.bucket, '--prefix', 'in/')),
    ).toMatchObject({
      Contents: [{ Key: 'in/large.bin', ETag: expect.stringMatching(/-3"$/) as string }],
    });
    expect(await aws('s3api', 'list-multipart-uploads', '--bucket', AWS.bucket)).not.toContain('UploadId"');
  });

  test('reads a range, and signs a URL that ends', async () => {
    await aws('s3', 'cp', '--no-progress', 'up/small é.txt', `${at}/one.txt`);
    const object = ['--bucket', AWS.bucket, '--key', 'one.txt'];
    expect(
      JSON.parse(await aws('s3api', 'get-object', ...object, '--range', 'bytes=3-7', 'part')),
    ).toMatchObject({
      ContentRange: 'bytes 3-7/19',
    });
    expect(readFileSync(join(programs.cwd, 'part'), 'utf8')).toBe('order');
    const url = (
      await aws('s3', 'presign', '--expires-in', '60', '--region', AWS.region, `${at}/one.txt`)
    ).trim();
    expect(url).toContain('X-Amz-Algorithm=AWS4-HMAC-SHA256');
    expect(String((await download(url, programs.fixture.emulator.ca)).body)).toBe('an order of 3 pears');
    programs.fixture.emulator.clock.advance(61_000);
    const late = await download(url, programs.fixture.emulator.ca);
    programs.fixture.emulator.clock.advance(-61_000);
    expect([late.status, String(late.body)]).toEqual([403, expect.stringContaining('Request has expired')]);
  });
});
