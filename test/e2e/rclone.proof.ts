/** rclone, whose S3 client is AWS's for Go: lists, single and multipart uploads, ranges, by a credential of credex. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Ended } from '../support/command-line.js';
import { describeProgram, download, useProgramFixture, writeLarge } from '../support/programs.js';
import { AWS } from '../support/trust.js';

const MIB = 1024 * 1024;

const programs = useProgramFixture();

const rclone = {
  command: ['rclone', 'version'],
  install: 'apt-get install rclone',
  inCi: true,
} as const;

describeProgram('rclone', rclone, () => {
  let large: Buffer;
  beforeAll(() => {
    mkdirSync(join(programs.cwd, 'up'));
    large = writeLarge(join(programs.cwd, 'up', 'large.bin'), 12 * MIB);
    writeFileSync(join(programs.cwd, 'up', 'small é.txt'), 'an order of 3 pears');
  });

  /** A remote `s3:` by variables alone. AWS_CA_BUNDLE is no file that rclone's client can be given. */
  const remote = (): Readonly<Record<string, string>> => ({
    RCLONE_CONFIG: join(programs.cwd, 'no-such-file'),
    RCLONE_CONFIG_S3_TYPE: 's3',
    RCLONE_CONFIG_S3_PROVIDER: 'Other',
    RCLONE_CONFIG_S3_ENV_AUTH: 'true',
    RCLONE_CONFIG_S3_REGION: AWS.region,
    RCLONE_CONFIG_S3_ENDPOINT: programs.url('aws-s3'),
    RCLONE_CONFIG_S3_FORCE_PATH_STYLE: 'true',
    // It would send `private`, which a bucket of today refuses.
    RCLONE_CONFIG_S3_ACL: 'bucket-owner-full-control',
    RCLONE_CONFIG_S3_NO_CHECK_BUCKET: 'true',
    RCLONE_CONFIG_S3_UPLOAD_CUTOFF: '5Mi',
    RCLONE_CONFIG_S3_CHUNK_SIZE: '5Mi',
    RCLONE_CA_CERT: programs.ca,
    RCLONE_RETRIES: '1',
    RCLONE_LOW_LEVEL_RETRIES: '1',
  });
  const rcloneBy = (...args: string[]) => programs.exec('aws', 'rclone', args, remote());
  const at = `s3:${AWS.bucket}`;

  /** What it printed; fails with what it said where it failed. */
  const printed = ({ code, stdout, stderr }: Ended): string => {
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const inParts = (): number =>
    programs.fixture.emulator.log.count(
      'aws-s3',
      ({ method, path }) => method === 'PUT' && path.endsWith('large.bin'),
    );

  test('puts, lists, reads and deletes, a large file in parts', async () => {
    printed(await rcloneBy('copy', 'up', `${at}/in`));
    expect(inParts()).toBe(3);
    const listed = `large.bin;${12 * MIB}\nsmall é.txt;19\n`;
    expect(printed(await rcloneBy('lsf', '--format', 'ps', `${at}/in`))).toBe(listed);
    const byMarkers = ['--s3-list-version', '1', '--s3-list-chunk', '1'];
    expect(printed(await rcloneBy('lsf', '--format', 'ps', ...byMarkers, `${at}/in`))).toBe(listed);
    printed(await rcloneBy('copy', `${at}/in`, 'down'));
    expect(readFileSync(join(programs.cwd, 'down', 'large.bin')).equals(large)).toBe(true);
    // Sizes, and the MD5 of each content, which the ETag of parts is not.
    printed(await rcloneBy('check', 'up', `${at}/in`));
    printed(await rcloneBy('deletefile', `${at}/in/small é.txt`));
    expect(printed(await rcloneBy('lsf', `${at}/in`))).toBe('large.bin\n');
  });

  test('reads a range, streams a file of unknown length, and leaves no upload behind', async () => {
    printed(await rcloneBy('copy', 'up', `${at}/range`));
    const range = printed(await rcloneBy('cat', '--offset', '3', '--count', '5', `${at}/range/small é.txt`));
    expect(range).toBe('order');
    const rcat = ['rcat', `${at}/range/streamed`];
    printed(
      await programs.exec('aws', 'sh', ['-c', 'cat up/large.bin | rclone "$@"', 'rclone', ...rcat], remote()),
    );
    printed(await rcloneBy('copyto', `${at}/range/streamed`, 'streamed'));
    expect(readFileSync(join(programs.cwd, 'streamed')).equals(large)).toBe(true);
    const uploads = printed(await rcloneBy('backend', 'list-multipart-uploads', at));
    expect(JSON.parse(uploads)).toEqual({ [AWS.bucket]: [] });
  });

  test('gives a link that ends', async () => {
    printed(await rcloneBy('copy', 'up/small é.txt', `${at}/link`));
    const url = printed(await rcloneBy('link', '--expire', '60s', `${at}/link/small é.txt`)).trim();
    expect(await download(url, programs.fixture.emulator.ca)).toMatchObject({
      status: 200,
      body: Buffer.from('an order of 3 pears'),
    });
    programs.fixture.emulator.clock.advance(61_000);
    const late = await download(url, programs.fixture.emulator.ca);
    programs.fixture.emulator.clock.advance(-61_000);
    expect([late.status, String(late.body)]).toEqual([403, expect.stringContaining('Request has expired')]);
  });

  test('takes a profile with credential_process', async () => {
    writeFileSync(join(programs.cwd, 'aws-config'), await programs.printConfig('aws'));
    const env = {
      ...remote(),
      AWS_CONFIG_FILE: join(programs.cwd, 'aws-config'),
      AWS_PROFILE: 'aws',
      AWS_SDK_LOAD_CONFIG: '1',
    };
    const byProfile = (...args: string[]) => programs.run('rclone', args, env);
    printed(await byProfile('copyto', 'up/small é.txt', `${at}/profile.txt`));
    expect(printed(await byProfile('lsf', `${at}/profile.txt`))).toBe('profile.txt\n');
  });

  test('says where there is no such bucket', async () => {
    const refused = await rcloneBy('lsf', 's3:payroll');
    expect([refused.code === 0, refused.stderr]).toEqual([
      false,
      expect.stringMatching(/directory not found|NoSuchBucket/),
    ]);
  });
});
