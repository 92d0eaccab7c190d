/** Lists the CREDEX_ variables of the process's environment. */

import { PREFIX } from './names.js';

/**
 * Names and values of all variables that begin with CREDEX_. Empty variables count as unset. If the program may not list
 * variables, the result is empty: Deno throws without `--allow-env`.
 */
export function credexVariables(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of allVariables()) {
    if (name.startsWith(PREFIX) && value !== undefined && value !== '') found.set(name, value);
  }
  return found;
}

function allVariables(): readonly (readonly [string, string | undefined])[] {
  try {
    return Object.entries(globalThis.process?.env ?? {});
  } catch {
    return [];
  }
}
