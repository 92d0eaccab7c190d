/** Runs one call and keeps all that could be seen of it from outside: error, events, and what was printed. */

import { channel } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import type { Credential, CredentialEvent, FederationError, OnEvent } from '@credex/core';
import { expect, vi } from 'vitest';
import { Secrets, watchAnswers } from './secrets.js';

export interface Recorded {
  readonly error: unknown;
  readonly credential: Credential | undefined;
  readonly events: readonly CredentialEvent[];
  /** Of the channel `credex`, whoever published. */
  readonly published: readonly unknown[];
  /** By console, stdout, stderr or as a process warning. */
  readonly printed: readonly string[];
  readonly ms: number;
  /** Of what the servers answered; the tokens that were sent are the caller's to add. */
  readonly secrets: Secrets;
}

const CONSOLE = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const;

export async function record(run: (onEvent: OnEvent) => Promise<Credential>): Promise<Recorded> {
  const printed: string[] = [];
  const events: CredentialEvent[] = [];
  const published: unknown[] = [];
  const secrets = new Secrets();
  const print = (...words: unknown[]): true => {
    printed.push(words.map((word) => (typeof word === 'string' ? word : inspect(word))).join(' '));
    return true;
  };
  const spies = [
    ...CONSOLE.map((name) => vi.spyOn(console, name).mockImplementation(print)),
    vi.spyOn(process.stdout, 'write').mockImplementation(print),
    vi.spyOn(process.stderr, 'write').mockImplementation(print),
    vi.spyOn(process, 'emitWarning').mockImplementation(print),
  ];
  const subscriber = (message: unknown): void => void published.push(message);
  const credex = channel('credex');
  credex.subscribe(subscriber);
  const stopWatching = watchAnswers(secrets);
  const start = performance.now();
  let credential: Credential | undefined;
  let error: unknown;
  try {
    credential = await run((event) => void events.push(event));
  } catch (thrown) {
    error = thrown;
  } finally {
    stopWatching();
    credex.unsubscribe(subscriber);
    for (const spy of spies) spy.mockRestore();
  }
  return { error, credential, events, published, printed, ms: performance.now() - start, secrets };
}

/** Every way in which a log or a person would print an error. */
function waysToPrint(error: unknown): Readonly<Record<string, string>> {
  const full = { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity };
  const { message, stack = '' } = error as Error;
  const clone: unknown = structuredClone(error);
  return {
    message,
    stack,
    String: String(error),
    inspect: inspect(error, full),
    getters: inspect(error, { ...full, getters: true }),
    JSON: JSON.stringify(error),
    'JSON of all own properties': JSON.stringify(error, everything),
    clone: inspect(clone, full),
    'JSON of the clone': JSON.stringify(clone, everything),
  };
}

function everything(_name: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const names = Object.getOwnPropertyNames(value);
  return Object.fromEntries(names.map((name) => [name, (value as unknown as Record<string, unknown>)[name]]));
}

/** Nothing of `sent` (tokens) or of the servers' answers is seen in anything; nothing was printed at all. */
export function expectNoSecret(seen: Recorded, sent: readonly string[]): void {
  for (const jwt of sent) seen.secrets.addJwt(jwt);
  expect(seen.printed, 'what was printed').toEqual([]);
  const texts = {
    ...(seen.error === undefined ? {} : waysToPrint(seen.error)),
    events: inspect([seen.events, seen.published], { depth: Infinity }),
  };
  for (const [way, text] of Object.entries(texts)) {
    const run = seen.secrets.foundIn(text);
    // The secrets are a test's own.
    if (run !== undefined) expect.fail(`'${run}' is seen in ${way}: ${text}`);
  }
  expectScrubbed((seen.error as FederationError | undefined)?.cause);
}

/** Libraries hang requests, configurations and bodies on their errors: of those only words are kept. */
function expectScrubbed(cause: unknown): void {
  if (cause === undefined) return;
  expect(cause).toBeInstanceOf(Error);
  const names = Reflect.ownKeys(cause as Error);
  expect(['name', 'message', 'stack', 'code', 'cause']).toEqual(expect.arrayContaining(names));
  expectScrubbed((cause as Error).cause);
}
