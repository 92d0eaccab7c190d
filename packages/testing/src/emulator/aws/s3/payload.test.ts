import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeAwsChunked } from './payload.js';
import {
  ACCOUNT,
  AUDIENCE,
  element,
  ISSUER,
  refusal,
  ROLE,
  sha256,
  testAws,
  TRUST,
  type Credentials,
  type TestAws,
} from '../aws.fixture.js';

let aws: TestAws;
let role: Credentials;
beforeEach(async () => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  const all = { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST, policies: [all] });
  aws.admin.createBucket({ name: 'shop', accountId: ACCOUNT, region: 'us-east-1' });
  role = await aws.credentials();
});

const crcOf = (body: string): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
};
const put = (body: string, headers: Record<string, string>, change?: () => { body: Uint8Array }) =>
  aws.s3({ method: 'PUT', path: '/shop/a', body, headers }, role, change === undefined ? {} : { change });
const stored = async (headers = {}) => {
  const answer = await aws.s3({ method: 'GET', path: '/shop/a', headers }, role);
  return { text: Buffer.from(answer.body as Uint8Array).toString(), headers: answer.headers };
};

describe('the hash of the body', () => {
  it('is of the body that came', async () => {
    const change = () => ({ body: Buffer.from('other') });
    expect(refusal(await put('hello', {}, change)).slice(0, 2)).toEqual([400, 'XAmzContentSHA256Mismatch']);
    expect(refusal(await aws.s3({ method: 'GET', path: '/shop/a' }, role))[1]).toBe('NoSuchKey');
  });

  it('may be left unsaid, in so many words', async () => {
    expect((await put('hello', { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' })).status).toBe(200);
    expect((await stored()).text).toBe('hello');
  });

  it.each([
    ['nonsense', 400, 'InvalidArgument'],
    ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 501, 'NotImplemented'],
  ])('is not %s', async (claim, status, code) => {
    expect(refusal(await put('hello', { 'x-amz-content-sha256': claim })).slice(0, 2)).toEqual([
      status,
      code,
    ]);
  });

  it('must be there', async () => {
    const answer = await aws.s3({ method: 'GET', path: '/shop/a' }, role, {
      change: ({ headers }) => {
        const { 'x-amz-content-sha256': _, ...rest } = headers;
        return { headers: rest };
      },
    });
    expect(refusal(answer).slice(0, 2)).toEqual([400, 'InvalidRequest']);
  });
});

describe('checksums', () => {
  it.each([
    ['x-amz-checksum-crc32', crcOf('hello'), crcOf('other'), 'BadDigest'],
    [
      'x-amz-checksum-sha256',
      Buffer.from(sha256('hello'), 'hex').toString('base64'),
      `${'A'.repeat(43)}=`,
      'BadDigest',
    ],
    ['x-amz-checksum-sha1', 'qvTGHdzF6KLavt4PO0gs2a6pQ00=', `${'A'.repeat(27)}=`, 'BadDigest'],
    ['x-amz-checksum-crc32c', 'mnG7TA==', 'AAAAAA==', 'BadDigest'],
    ['x-amz-checksum-crc64nvme', 'M3eFcAZSQlc=', 'AAAAAAAAAAA=', 'BadDigest'],
    ['content-md5', 'XUFAKrxLKna5cZ2REBfFkg==', `${'A'.repeat(22)}==`, 'BadDigest'],
    ['content-md5', 'XUFAKrxLKna5cZ2REBfFkg==', 'AAAA', 'InvalidDigest'],
    ['content-md5', 'XUFAKrxLKna5cZ2REBfFkg==', '5d41402abc4b2a76b9719d911017c592', 'InvalidDigest'],
  ])('%s is recomputed', async (name, good, bad, code) => {
    expect((await put('hello', { [name]: good })).status).toBe(200);
    expect(refusal(await put('hello', { [name]: bad })).slice(0, 2)).toEqual([400, code]);
  });

  it('are computed where the sender says none', async () => {
    const answer = await put('123456789', {});
    const computed = {
      'x-amz-checksum-crc64nvme': Buffer.from('ae8b14860a799888', 'hex').toString('base64'),
      'x-amz-checksum-type': 'FULL_OBJECT',
    };
    expect(answer.headers).toMatchObject(computed);
    expect((await stored({ 'x-amz-checksum-mode': 'ENABLED' })).headers).toMatchObject(computed);
  });

  it('come back with the object where they are asked for', async () => {
    await put('hello', { 'x-amz-checksum-crc32': crcOf('hello') });
    expect((await stored()).headers).not.toHaveProperty('x-amz-checksum-crc32');
    expect((await stored({ 'x-amz-checksum-mode': 'ENABLED' })).headers).toMatchObject({
      'x-amz-checksum-crc32': crcOf('hello'),
    });
  });

  it('are not passed over', async () => {
    expect(refusal(await put('hello', { 'x-amz-checksum-crc16': 'AAAA' }))[1]).toBe('InvalidRequest');
    expect(refusal(await put('hello', { 'x-amz-checksum-crc32': 'AAAA' }))[2]).toBe(
      'Value for x-amz-checksum-crc32 header is invalid.',
    );
    const two = { 'x-amz-checksum-crc32': crcOf('hello'), 'x-amz-checksum-crc32c': 'mnG7TA==' };
    expect(refusal(await put('hello', two))[1]).toBe('InvalidRequest');
    expect(refusal(await put('hello', { 'x-amz-sdk-checksum-algorithm': 'CRC32' }))[1]).toBe(
      'InvalidRequest',
    );
    const other = { 'x-amz-checksum-crc32': crcOf('hello'), 'x-amz-sdk-checksum-algorithm': 'SHA1' };
    expect(refusal(await put('hello', other))[2]).toBe(
      'Value for x-amz-sdk-checksum-algorithm header is invalid.',
    );
  });
});

describe('a body whose length is not said', () => {
  it('is refused: S3 takes no chunked transfer', async () => {
    const answer = await put('hello', { 'transfer-encoding': 'chunked' });
    expect(refusal(answer)).toEqual([
      501,
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
    ]);
    expect(element(answer, 'Header')).toBe('Transfer-Encoding');
  });
});

describe('a stream in chunks, with its checksum behind it', () => {
  const streaming = (length: number) => ({
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': String(length),
    'x-amz-trailer': 'x-amz-checksum-crc32',
    'x-amz-sdk-checksum-algorithm': 'CRC32',
  });
  const FIRST = 'hello'.padEnd(8192, '.');
  const chunked = (crc: string) =>
    `2000\r\n${FIRST}\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`;
  const whole = `${FIRST} world`;

  it('is decoded', async () => {
    const answer = await put(chunked(crcOf(whole)), streaming(8198));
    expect([answer.status, answer.headers?.['x-amz-checksum-crc32']]).toEqual([200, crcOf(whole)]);
    const { text, headers } = await stored();
    expect([text, headers?.['content-encoding']]).toEqual([whole, undefined]);
  });

  it.each([
    ['a wrong checksum', chunked(crcOf('hello')), 8198, 'BadDigest'],
    ['another length', chunked(crcOf(whole)), 8199, 'IncompleteBody'],
    ['no end', chunked(crcOf(whole)).slice(0, -4), 8198, 'IncompleteBody'],
    ['a chunk cut short', '5\r\nhel', 5, 'IncompleteBody'],
    ['no trailer', '5\r\nhello\r\n0\r\n\r\n', 5, 'MalformedTrailerError'],
    ['a small chunk that is not the last', '5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n', 6, 'InvalidChunkSizeError'],
    ['another trailer', '5\r\nhello\r\n0\r\nx-amz-checksum-sha1:A\r\n\r\n', 5, 'MalformedTrailerError'],
  ])('is refused for %s', async (_, body, length, code) => {
    expect(refusal(await put(body, streaming(length)))[1]).toBe(code);
  });

  it('has no other trailer, and no checksum before it as well', async () => {
    const body = chunked(crcOf(whole));
    const trailer = { ...streaming(8198), 'x-amz-trailer': 'x-color' };
    expect(refusal(await put(body, trailer))[2]).toBe(
      'The value specified in the x-amz-trailer header is not supported',
    );
    const twice = { ...streaming(8198), 'x-amz-checksum-crc32': crcOf(whole) };
    expect(refusal(await put(body, twice))[2]).toContain('Multiple checksum Types are not allowed');
  });

  it.each(['', 'hello', '-1\r\n', '5\r\nhello0\r\n\r\n', '0\r\n\r\nmore', '0\r\nno colon\r\n\r\n'])(
    'has no meaning as %j',
    (text) => expect(decodeAwsChunked(Buffer.from(text))).toBeUndefined(),
  );
});
