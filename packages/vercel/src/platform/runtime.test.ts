import * as fs from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { node } from '../local/node.js';
import { nodeModule } from './runtime.js';

/** Next.js's edge sandbox has a `process` of which each function throws. */
const THROWING = new Proxy(
  { env: {} },
  {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => {
        throw new Error('A Node.js API is used');
      }),
  },
);

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

it('finds Node’s modules on Node', () => {
  expect(nodeModule('node:fs/promises').readFile).toBe(fs.readFile);
  expect(node()?.platform).toBe(process.platform);
});

describe.each([
  ['has no process', undefined],
  ['has a process whose functions throw', THROWING],
])('a runtime that %s', (_kind, process) => {
  it('has no files and no programs, and says so with a coded error', () => {
    expect(() => withProcess(process, () => nodeModule('node:fs/promises'))).toThrow(
      'This runtime has no node:fs/promises.',
    );
    expect(withProcess(process, node)).toBe(undefined);
  });
});
