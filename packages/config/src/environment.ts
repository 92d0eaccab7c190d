/** The process's environment, for the one question that a single name can't ask: which CREDEX_ variables are there. */

import { PREFIX } from './names.js';

/**
 * Names and values of all set variables that begin with CREDEX_. Empty ones count as unset, and so do all where this
 * program may not list them: Deno throws without `--allow-env`.
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
