/**
 * For proofs that make a process' life a million times over. The same SHA-256, made at once: WebCrypto makes digests
 * on another thread, and a run that waits for it is neither quick nor the same each time. And no traces of errors,
 * which are made by the million here and never read: a failure names its seed or its moves.
 */

import { createHash } from 'node:crypto';

const MEMO_SIZE = 100_000;

/**
 * Call it at the top of a proof, or as `afterAll(quickProcess())` in a test file.
 * @returns restores the process
 */
export function quickProcess(): () => void {
  const { stackTraceLimit } = Error;
  const { subtle } = globalThis.crypto;
  const own = Object.getOwnPropertyDescriptor(subtle, 'digest');
  Error.stackTraceLimit = 0;
  const memo = new Map<string, ArrayBuffer>();
  const digest = (_algorithm: unknown, data: Uint8Array): Promise<ArrayBuffer> => {
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
    let made = memo.get(text);
    if (made === undefined) {
      made = Uint8Array.from(createHash('sha256').update(data).digest()).buffer;
      if (memo.size >= MEMO_SIZE) memo.clear();
      memo.set(text, made);
    }
    return Promise.resolve(made);
  };
  Object.defineProperty(subtle, 'digest', { value: digest, configurable: true });
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
    if (own === undefined) Reflect.deleteProperty(subtle, 'digest');
    else Object.defineProperty(subtle, 'digest', own);
  };
}
