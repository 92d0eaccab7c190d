import { createHash, randomBytes } from 'node:crypto';

/**
 * `bytes` bytes as lower-case hexadecimal. With a seed the same calls in the same order bring the same ids:
 * what a snapshot of a log needs. Keys and signatures are never made of it.
 */
export function createRandomHex(seed: string | number | undefined): (bytes: number) => string {
  if (seed === undefined) return (bytes) => randomBytes(bytes).toString('hex');
  let block = 0;
  let pool = '';
  return (bytes) => {
    while (pool.length < bytes * 2) {
      pool += createHash('sha256').update(`${seed}:${block}`).digest('hex');
      block += 1;
    }
    const taken = pool.slice(0, bytes * 2);
    pool = pool.slice(bytes * 2);
    return taken;
  };
}
