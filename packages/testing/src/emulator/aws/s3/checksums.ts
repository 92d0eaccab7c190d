import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c } from '../../gcp/storage/crc32c.js';
import { crc64Nvme } from './crc64-nvme.js';
import { refuseS3 } from './responses.js';

type Headers = Readonly<Record<string, string>>;

const base64OfUint32 = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
};

const ALGORITHMS: Readonly<Record<string, (body: Uint8Array) => string>> = {
  crc32: (body) => base64OfUint32(crc32(body)),
  crc32c,
  crc64nvme: crc64Nvme,
  sha1: (body) => createHash('sha1').update(body).digest('base64'),
  sha256: (body) => createHash('sha256').update(body).digest('base64'),
};

/** What S3 computes of an object whose sender chose none. */
export const DEFAULT_CHECKSUM = { algorithm: 'crc64nvme', type: 'FULL_OBJECT' } as const;

export const isChecksumAlgorithm = (name: string): boolean => Object.hasOwn(ALGORITHMS, name);

/** @param algorithm in lower case; one of the five */
export const checksumOf = (algorithm: string, body: Uint8Array): string =>
  ALGORITHMS[algorithm]?.(body) ?? unsupported();

export const unsupported = (): never =>
  refuseS3(
    'InvalidRequest',
    'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
  );

/** `crc32` of `x-amz-checksum-crc32`; undefined for other headers, `x-amz-checksum-type` among them. */
export function algorithmOfHeader(name: string): string | undefined {
  return /^x-amz-checksum-((?:crc|sha|md|xx)\w+)$/.exec(name)?.[1];
}

/**
 * Recomputes what the sender says of its body.
 *
 * @param said Headers and, of a stream, trailers: `x-amz-checksum-crc32` and its like.
 * @returns The checksums that were said, found true.
 */
export function checkedChecksums(said: Headers, headers: Headers, body: Uint8Array): Headers {
  const md5 = headers['content-md5'];
  if (md5 !== undefined && createHash('md5').update(body).digest('base64') !== md5) {
    refuseS3('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  const checksums: Record<string, string> = {};
  for (const [name, value] of Object.entries(said)) {
    const algorithm = algorithmOfHeader(name);
    if (algorithm === undefined) continue;
    if (!isChecksumAlgorithm(algorithm)) unsupported();
    checkChecksum(algorithm, name, value, body);
    checksums[name] = value;
  }
  if (headers['x-amz-sdk-checksum-algorithm'] !== undefined && Object.keys(checksums).length === 0) {
    refuseS3(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  if (Object.keys(checksums).length > 1)
    refuseS3(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  return checksums;
}

function checkChecksum(algorithm: string, name: string, value: string, body: Uint8Array): void {
  const computed = checksumOf(algorithm, body);
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value || value.length !== computed.length)
    refuseS3('InvalidRequest', `Value for ${name} header is invalid.`);
  if (computed !== value)
    refuseS3(
      'BadDigest',
      `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    );
}
