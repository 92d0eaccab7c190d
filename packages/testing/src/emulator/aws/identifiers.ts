import type { EmulatorRuntime } from '../service.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

type Random = Pick<EmulatorRuntime, 'randomHex'>;

/** AWS's unique ids: a prefix that says what it is, then base 32. */
function uniqueId(runtime: Random, prefix: string, length: number): string {
  const bytes = Buffer.from(runtime.randomHex(length), 'hex');
  return prefix + [...bytes].map((byte) => BASE32[byte & 31]).join('');
}

export const roleId = (runtime: Random): string => uniqueId(runtime, 'AROA', 17);
export const userId = (runtime: Random): string => uniqueId(runtime, 'AIDA', 17);
export const temporaryAccessKeyId = (runtime: Random): string => uniqueId(runtime, 'ASIA', 16);
export const permanentAccessKeyId = (runtime: Random): string => uniqueId(runtime, 'AKIA', 16);

/** 40 characters of base 64. */
export const secretAccessKey = (runtime: Random): string =>
  Buffer.from(runtime.randomHex(30), 'hex').toString('base64');

/** Opaque, several hundred characters of base 64, with the beginning that real ones have. */
export const sessionToken = (runtime: Random): string =>
  `IQoJb3JpZ2luX2Vj${Buffer.from(runtime.randomHex(450), 'hex').toString('base64')}`;

/** As a UUID, as in STS's `x-amzn-RequestId`. */
export function requestId(runtime: Random): string {
  const hex = runtime.randomHex(16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** S3 has its own form, and a second id for its support. */
export const s3RequestId = (runtime: Random): string => runtime.randomHex(8).toUpperCase();
export const s3HostId = (runtime: Random): string =>
  Buffer.from(runtime.randomHex(57), 'hex').toString('base64');

/** Opaque, of the characters and the length that real ones have. */
export const uploadId = (runtime: Random): string =>
  Buffer.from(runtime.randomHex(96), 'hex').toString('base64').replaceAll('+', '.').replaceAll('/', '_');
