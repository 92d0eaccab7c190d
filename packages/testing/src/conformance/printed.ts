/** Keeps the console while something runs, and what was said to it. */

import { inspect } from 'node:util';

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const;

interface Listening<T> {
  /** Grows while it runs. */
  readonly printed: readonly string[];
  readonly result: Promise<T>;
}

/** How many listen; the console is given back by the last. */
let listeners = 0;
let giveBack = (): void => undefined;
const ears = new Set<string[]>();

export function listening<T>(run: () => Promise<T>): Listening<T> {
  const printed: string[] = [];
  if (listeners++ === 0) giveBack = takeConsole();
  ears.add(printed);
  const result = run().finally(() => {
    ears.delete(printed);
    if (--listeners === 0) giveBack();
  });
  return { printed, result };
}

function takeConsole(): () => void {
  const kept = METHODS.map((name) => [name, console[name]] as const);
  for (const name of METHODS)
    console[name] = (...words: unknown[]): void => {
      for (const heard of ears) heard.push(words.map((word) => inspect(word, { depth: 8 })).join(' '));
    };
  return () => {
    for (const [name, method] of kept) console[name] = method;
  };
}
