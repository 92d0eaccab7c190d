import type { World } from '../service.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

type Random = Pick<World, 'randomHex'>;

/** AWS's unique ids: a prefix that says what it is, then base 32. */
function uniqueId(world: Random, prefix: string, length: number): string {
  const bytes = Buffer.from(world.randomHex(length), 'hex');
  return prefix + [...bytes].map((byte) => BASE32[byte & 31]).join('');
}

export const roleId = (world: Random): string => uniqueId(world, 'AROA', 17);
export const userId = (world: Random): string => uniqueId(world, 'AIDA', 17);
export const temporaryAccessKeyId = (world: Random): string => uniqueId(world, 'ASIA', 16);
export const permanentAccessKeyId = (world: Random): string => uniqueId(world, 'AKIA', 16);

/** 40 characters of base 64. */
export const secretAccessKey = (world: Random): string =>
  Buffer.from(world.randomHex(30), 'hex').toString('base64');

/** Opaque, several hundred characters of base 64, with the beginning that real ones have. */
export const sessionToken = (world: Random): string =>
  `IQoJb3JpZ2luX2Vj${Buffer.from(world.randomHex(450), 'hex').toString('base64')}`;

/** As a UUID, as in STS's `x-amzn-RequestId`. */
export function requestId(world: Random): string {
  const hex = world.randomHex(16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** S3 has its own form, and a second id for its support. */
export const s3RequestId = (world: Random): string => world.randomHex(8).toUpperCase();
export const s3HostId = (world: Random): string => Buffer.from(world.randomHex(57), 'hex').toString('base64');

/** Opaque, of the characters and the length that real ones have. */
export const uploadId = (world: Random): string =>
  Buffer.from(world.randomHex(96), 'hex').toString('base64').replaceAll('+', '.').replaceAll('/', '_');
