import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { notImplemented, refuseS3 } from './s3-answers.js';

type Headers = Readonly<Record<string, string>>;

const base64OfUint32 = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
};

const ALGORITHMS: Readonly<Record<string, (body: Uint8Array) => string>> = {
  crc32: (body) => base64OfUint32(crc32(body)),
  sha1: (body) => createHash('sha1').update(body).digest('base64'),
  sha256: (body) => createHash('sha256').update(body).digest('base64'),
};

/**
 * Recomputes what the sender says of its body.
 *
 * @param said Headers and, of a stream, trailers: `x-amz-checksum-crc32` and its like.
 * @returns The checksums that were said, found true.
 */
export function checkedChecksums(said: Headers, headers: Headers, body: Uint8Array): Headers {
  const md5 = headers['content-md5'];
  if (md5 !== undefined && createHash('md5').update(body).digest('base64') !== md5) {
    refuseS3('BadDigest', 400, 'The Content-MD5 you specified did not match what we received.');
  }
  const checksums: Record<string, string> = {};
  for (const [name, value] of Object.entries(said)) {
    const [, algorithm] = /^x-amz-checksum-(crc\w+|sha\w+)$/.exec(name) ?? [];
    if (algorithm === undefined) continue;
    const compute = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
    if (compute === undefined) return notImplemented(name);
    if (compute(body) !== value) {
      refuseS3(
        'BadDigest',
        400,
        `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
      );
    }
    checksums[name] = value;
  }
  if (headers['x-amz-sdk-checksum-algorithm'] !== undefined && Object.keys(checksums).length === 0) {
    refuseS3(
      'InvalidRequest',
      400,
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  return checksums;
}
