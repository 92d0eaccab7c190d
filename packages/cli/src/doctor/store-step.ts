/** The step about a shared store: a record is written, read, opened, locked where there is a lock, and deleted. */

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
  const ttl = found.engine.lock === undefined ? 'no lock' : 'with a lock';
  return {
    says: `a record was written, read and deleted in ${ms} ms, ${ttl}`,
    // What the refresh of a credential may take in all.
    warnings: ms > 150 ? [`The store took ${ms} ms; a refresh gives it 150 ms in all.`] : [],
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
    throw new Fault('store_failed', `The store failed${typeof code === 'string' ? ` (${code})` : ''}.`, {
      hint: 'Check its address, its password and that it accepts writes. Credentials are exchanged without it meanwhile.',
      cause,
    });
  }
  if (read === undefined || (await decrypt(derived, name, read)) === undefined)
    throw new Fault('store_lost_record', 'The store did not return the record that was written.', {
      hint: 'Run `storeConformance` of @credex/testing/conformance against a store that you wrote yourself.',
    });
}
