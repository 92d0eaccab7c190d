import diagnosticsChannel from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { createEmitter } from '../events.js';
import { builtinModule, environmentVariable } from './environment.js';

const refuse = (): never => {
  throw new Error('A Node.js API is used');
};

/** What runtimes without Node's modules have as `process`. */
const PROCESSES: Readonly<Record<string, object | undefined>> = {
  'there is no process': undefined,
  'a process has an environment alone': { env: { KNOWN: 'yes' } },
  // Next.js's edge sandbox.
  'every function of process throws': new Proxy(
    { env: { KNOWN: 'yes' } },
    { get: (target, name) => Reflect.get(target, name) ?? refuse },
  ),
  // Deno without permissions.
  'everything of process throws': new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse }),
};

/** Runs in one turn: vitest itself needs the process. */
function withProcess<T>(process: object | undefined, run: () => T): T {
  const own = globalThis.process;
  globalThis.process = process as NodeJS.Process;
  try {
    return run();
  } finally {
    globalThis.process = own;
  }
}

it('gives the module on Node', () => {
  expect(builtinModule('node:diagnostics_channel')).toBe(diagnosticsChannel);
  expect(builtinModule('node:nothing')).toBe(undefined);
});

describe.each(Object.entries(PROCESSES))('where %s', (kind, process) => {
  it('gives no module', () => {
    expect(withProcess(process, () => builtinModule('node:fs'))).toBe(undefined);
  });

  it('reports events to the listener', () => {
    const seen: string[] = [];
    withProcess(process, () =>
      createEmitter(({ type }) => seen.push(type)).emit({ type: 'invalidated', provider: 'test' }),
    );
    expect(seen).toEqual(['invalidated']);
  });

  it('reads the variables that it may read', () => {
    const readable = kind.includes('alone') || kind.includes('function');
    expect(withProcess(process, () => environmentVariable('KNOWN'))).toBe(readable ? 'yes' : undefined);
    expect(withProcess(process, () => environmentVariable('UNKNOWN'))).toBe(undefined);
  });
});
