/** The process's environment, for the one question that a single name can't ask: which CREDEX_ variables are there. */

import { PREFIX } from './names.js';

/** Names and values of all set variables that begin with CREDEX_. Empty ones count as unset. */
export function credexVariables(): ReadonlyMap<string, string> {
  const all: Readonly<Record<string, string | undefined>> = globalThis.process?.env ?? {};
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(all)) {
    if (name.startsWith(PREFIX) && value !== undefined && value !== '') found.set(name, value);
  }
  return found;
}
