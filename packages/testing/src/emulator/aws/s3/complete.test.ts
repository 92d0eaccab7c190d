import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { element, refusal } from '../aws.fixture.js';
import { etag, LARGE, useUploads } from './uploads.fixture.js';

const INVALID_PART =
  "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";

const { s3, create, part, complete, list } = useUploads();

describe('the list that completes it', () => {
  let uploadId: string;
  beforeEach(async () => {
    uploadId = await create();
    await part(uploadId, 1, 'small');
    await part(uploadId, 2, 'smaller');
  });
  const [ONE, TWO] = [etag('small'), etag('smaller')];

  it.each([
    [
      'in another order',
      [
        [2, TWO],
        [1, ONE],
      ],
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    ],
    [
      'with a part twice',
      [
        [1, ONE],
        [1, ONE],
      ],
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    ],
    [
      'with a part that never came',
      [
        [1, ONE],
        [3, TWO],
      ],
      'InvalidPart',
      INVALID_PART,
    ],
    ['with the ETag of another part', [[1, TWO]], 'InvalidPart', INVALID_PART],
    [
      'with a small part before the last',
      [
        [1, ONE],
        [2, TWO],
      ],
      'EntityTooSmall',
      'Your proposed upload is smaller than the minimum allowed size',
    ],
    ['with no part', [], 'InvalidRequest', 'You must specify at least one part'],
    ['that is empty', '', 'InvalidRequest', 'You must specify at least one part'],
    [
      'with a checksum of an upload without',
      [[1, ONE, '<ChecksumCRC32>AAAAAA==</ChecksumCRC32>']],
      'InvalidPart',
      INVALID_PART,
    ],
  ] as const)('is refused %s', async (_, parts, code, message) => {
    expect(refusal(await complete(uploadId, parts))).toEqual([400, code, message]);
    // It can be tried again.
    expect((await complete(uploadId, [[1, ONE]])).status).toBe(200);
  });

  it.each([
    '<CompleteMultipartUpload>',
    '<Complete><Part/></Complete>',
    '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>',
    '<CompleteMultipartUpload><Part><PartNumber>a</PartNumber><ETag>b</ETag></Part></CompleteMultipartUpload>',
    '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&b;</ETag></Part></CompleteMultipartUpload>',
    '<!DOCTYPE a [<!ENTITY b "c">]><CompleteMultipartUpload/>',
    '<CompleteMultipartUpload/><CompleteMultipartUpload/>',
    '<CompleteMultipartUpload><!-- a --><Part/></CompleteMultipartUpload>',
    '<CompleteMultipartUpload><?a b?><Part/></CompleteMultipartUpload>',
    '<CompleteMultipartUpload><Part><PartNumber><![CDATA[1]]></PartNumber><ETag>b</ETag></Part></CompleteMultipartUpload>',
    '{"Part":[]}',
  ])('is refused where it is not such a list: %s', async (text) => {
    expect(refusal(await complete(uploadId, text))[1]).toBe('MalformedXML');
  });

  it('is told which part is wrong', async () => {
    const small = await complete(uploadId, [
      [1, ONE],
      [2, TWO],
    ]);
    expect(
      ['ProposedSize', 'MinSizeAllowed', 'PartNumber', 'ETag'].map((name) => element(small, name)),
    ).toEqual(['5', '5242880', '1', ONE.replaceAll('"', '')]);
    const wrong = await complete(uploadId, [[2, ONE]]);
    expect(['UploadId', 'PartNumber', 'ETag'].map((name) => element(wrong, name))).toEqual([
      uploadId,
      '2',
      ONE.replaceAll('"', ''),
    ]);
  });

  it('may say the size of the object', async () => {
    const sized = (size: string) => complete(uploadId, [[1, ONE]], { 'x-amz-mp-object-size': size });
    expect(refusal(await sized('4'))[2]).toBe(
      "The provided 'x-amz-mp-object-size' header value 4 does not match what was computed: 5",
    );
    expect((await sized('5')).status).toBe(200);
  });
});

const crcOf = (body: string | Uint8Array): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
};

describe('the checksums of an upload', () => {
  it.each([
    [
      { 'x-amz-checksum-algorithm': 'CRC16' },
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    ],
    [
      { 'x-amz-checksum-type': 'COMPOSITE' },
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    ],
    [
      { 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'FULL_OBJECT' },
      'The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.',
    ],
    [
      { 'x-amz-checksum-algorithm': 'CRC64NVME', 'x-amz-checksum-type': 'COMPOSITE' },
      'The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.',
    ],
  ])('are refused: %o', async (headers, message) => {
    const answer = await s3({ method: 'POST', query: { uploads: '' }, headers });
    expect(refusal(answer)).toEqual([400, 'InvalidRequest', message]);
  });

  it('are of its parts, and of the checksums of its parts', async () => {
    const begun = await s3({
      method: 'POST',
      query: { uploads: '' },
      headers: { 'x-amz-checksum-algorithm': 'CRC32' },
    });
    expect(begun.headers).toMatchObject({
      'x-amz-checksum-algorithm': 'CRC32',
      'x-amz-checksum-type': 'COMPOSITE',
    });
    const uploadId = element(begun, 'UploadId') ?? '';
    const crc = crcOf('abc');
    // Where it is not sent it is computed.
    expect((await part(uploadId, 1, 'abc')).headers?.['x-amz-checksum-crc32']).toBe(crc);
    expect(
      refusal(await part(uploadId, 2, 'abc', { 'x-amz-checksum-sha1': 'qZk+NkcGgWq6PiVxeFDCbJzQ2J0=' }))[2],
    ).toBe('Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: sha1');
    expect(refusal(await part(uploadId, 2, 'abc', { 'x-amz-checksum-crc32': crcOf('abd') }))[1]).toBe(
      'BadDigest',
    );
    const tag = etag('abc');
    const withSum = (text: string, name = 'ChecksumCRC32') =>
      complete(uploadId, [[1, tag, `<${name}>${text}</${name}>`]]);
    expect(refusal(await complete(uploadId, [[1, tag]]))[2]).toBe(
      'The upload was created using a crc32 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.',
    );
    expect(refusal(await withSum(crcOf('abd')))[1]).toBe('InvalidPart');
    expect(refusal(await withSum('AAAA', 'ChecksumSHA256'))[2]).toBe(
      'The sha256 you specified for part 1 did not match what we received.',
    );
    const mode = await complete(uploadId, [[1, tag]], { 'x-amz-checksum-type': 'FULL_OBJECT' });
    expect(refusal(mode)[2]).toBe(
      'The upload was created using the COMPOSITE checksum mode. The complete request must use the same checksum mode.',
    );
    const answer = await withSum(crc);
    const whole = `${crcOf(Buffer.from(crc, 'base64'))}-1`;
    expect([element(answer, 'ChecksumCRC32'), element(answer, 'ChecksumType')]).toEqual([whole, 'COMPOSITE']);
    const read = await s3({ method: 'HEAD', headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    expect(read.headers).toMatchObject({ 'x-amz-checksum-crc32': whole, 'x-amz-checksum-type': 'COMPOSITE' });
  });

  it('may be of the whole object', async () => {
    const headers = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' };
    const uploadId = await create(headers);
    await part(uploadId, 1, LARGE);
    await part(uploadId, 2, 'end');
    const parts = [
      [1, etag(LARGE)],
      [2, etag('end')],
    ] as const;
    const wrong = await complete(uploadId, parts, { 'x-amz-checksum-crc32': crcOf('end') });
    expect(refusal(wrong)).toEqual([
      400,
      'BadDigest',
      'The crc32 you specified did not match the calculated checksum.',
    ]);
    const whole = crcOf(Buffer.concat([LARGE, Buffer.from('end')]));
    const answer = await complete(uploadId, parts, { 'x-amz-checksum-crc32': whole });
    expect([element(answer, 'ChecksumCRC32'), element(answer, 'ChecksumType')]).toEqual([
      whole,
      'FULL_OBJECT',
    ]);
  });

  it('are of S3’s own choice where the sender chose none', async () => {
    const uploadId = await create();
    await part(uploadId, 1, '123456789', { 'x-amz-checksum-crc32': crcOf('123456789') });
    expect(String((await list(uploadId)).body)).not.toContain('Checksum');
    const answer = await complete(uploadId, [[1, etag('123456789')]]);
    expect(element(answer, 'ChecksumCRC64NVME')).toBe(
      Buffer.from('ae8b14860a799888', 'hex').toString('base64'),
    );
  });
});
