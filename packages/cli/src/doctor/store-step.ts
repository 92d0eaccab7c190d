/** The step about a shared store: a test record is encrypted, written, read, decrypted and deleted. No credential is read. */

import type { EncryptedStore } from '@credex/core';
import { loadStore } from '../store/load-store.js';
import type { Step } from './context.js';
import { Fault } from './fault.js';

const TTL_MS = 60_000;

export const store: Step = async ({ io, options }, signal) => {
  const found = await loadStore(io, options.store);
  const derived = {};
  // Not the name of any credential.
  const name = await found.recordName(derived, 'credex doctor', `${io.clock.now()}`);
  const began = io.clock.monotonic();
  await roundTrip(found, derived, name, io.clock.now(), signal);
  const ms = Math.round(io.clock.monotonic() - began);
  const lock =
    found.engine.lock === undefined
      ? 'it has no lock, so instances may exchange at the same time'
      : 'its lock lets one instance exchange for all';
  return {
    says: `a test record was written, read and deleted in ${ms} ms; ${lock}`,
    // What the refresh of a credential may take in all.
    warnings:
      ms > 150
        ? [`The shared store took ${ms} ms. A refresh waits 150 ms for it in all, then exchanges without it.`]
        : [],
  };
};

async function roundTrip(
  { engine, encrypt, decrypt }: EncryptedStore,
  derived: object,
  name: string,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const record = { key: name, provider: 'doctor', issuedAt: now, lifetimeMs: TTL_MS, credential: {} };
  const text = await encrypt(derived, name, record, now + TTL_MS);
  const options = { signal };
  let read: string | undefined;
  try {
    // A client that connects may refuse to write until it is connected.
    await engine.get(name, options);
    await engine.set(name, text, TTL_MS, options);
    read = (await engine.get(name, options))?.record;
    await engine.delete(name, text, options);
  } catch (cause) {
    const code: unknown = (cause as { readonly code?: unknown } | null | undefined)?.code;
    throw new Fault(
      'store_failed',
      `The shared store failed${typeof code === 'string' ? ` (${code})` : ''}.`,
      {
        hint: 'Check the address and the password of the store, and that it accepts writes. Until it works, each instance exchanges its own token.',
        cause,
      },
    );
  }
  if (read === undefined || (await decrypt(derived, name, read)) === undefined)
    throw new Fault(
      'store_lost_record',
      'The shared store did not return the test record that was written.',
      {
        hint: 'Check that the store does not evict records at once. If you wrote it yourself, run `storeConformance` of @credex/testing/conformance against it.',
      },
    );
}
