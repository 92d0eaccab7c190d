import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c } from '../../gcp/storage/crc32c.js';
import { refuseS3 } from './responses.js';

/** CRC-64/NVME (NVM Express Base Specification, section on 64-bit checksums): what S3's newer clients send by default. */

/** The polynomial 0xad93d23594c93659, bits reversed, as two halves: numbers of 64 bits would be slow. */
const HIGH = 0x9a6c9329;
const LOW = 0xac4bc9b5;

const TABLE = Array.from({ length: 256 }, (_, byte): readonly [number, number] => {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) === 1;
    low = ((low >>> 1) | (high << 31)) >>> 0;
    high >>>= 1;
    if (isOdd) [high, low] = [(high ^ HIGH) >>> 0, (low ^ LOW) >>> 0];
  }
  return [high, low];
});

/** Big-endian and base64, as S3 writes it. */
function crc64Nvme(content: Uint8Array): string {
  let [high, low] = [0xffffffff, 0xffffffff];
  for (const byte of content) {
    const [tableHigh, tableLow] = TABLE[(low ^ byte) & 0xff] ?? [0, 0];
    low = ((low >>> 8) | (high << 24)) ^ tableLow;
    high = (high >>> 8) ^ tableHigh;
  }
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(~high >>> 0, 0);
  bytes.writeUInt32BE(~low >>> 0, 4);
  return bytes.toString('base64');
}

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
  checkMd5(headers['content-md5'], body);
  const checksums: Record<string, string> = {};
  for (const [name, value] of Object.entries(said)) {
    const algorithm = algorithmOfHeader(name);
    if (algorithm === undefined) continue;
    if (!isChecksumAlgorithm(algorithm)) unsupported();
    checkChecksum(algorithm, name, value, body);
    checksums[name] = value;
  }
  const [name, ...more] = Object.keys(checksums);
  if (more.length > 0) severalChecksums();
  const algorithm = headers['x-amz-sdk-checksum-algorithm'];
  if (algorithm === undefined) return checksums;
  if (!isChecksumAlgorithm(algorithm.toLowerCase())) unsupported();
  if (name === undefined)
    refuseS3(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  if (name !== `x-amz-checksum-${algorithm.toLowerCase()}`) invalidValue('x-amz-sdk-checksum-algorithm');
  return checksums;
}

const invalidValue = (header: string): never =>
  refuseS3('InvalidRequest', `Value for ${header} header is invalid.`);

export const severalChecksums = (): never =>
  refuseS3(
    'InvalidRequest',
    'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
  );

function checkMd5(said: string | undefined, body: Uint8Array): void {
  if (said === undefined) return;
  const bytes = Buffer.from(said, 'base64');
  if (bytes.byteLength !== 16 || bytes.toString('base64') !== said)
    refuseS3('InvalidDigest', 'The Content-MD5 you specified was invalid.', { 'Content-MD5': said });
  const computed = createHash('md5').update(body).digest('base64');
  if (computed !== said)
    refuseS3('BadDigest', 'The Content-MD5 you specified did not match what we received.', {
      ExpectedDigest: said,
      CalculatedDigest: computed,
    });
}

function checkChecksum(algorithm: string, name: string, value: string, body: Uint8Array): void {
  const computed = checksumOf(algorithm, body);
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value || value.length !== computed.length) invalidValue(name);
  if (computed !== value)
    refuseS3(
      'BadDigest',
      `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    );
}
