/** Errors that code outside of this package threw. */

import { cleanServerText } from './scrub.js';

/** Node's codes for a module that isn't there and for a host without `import()`, webpack's and Bun's names. */
const LOADING = /MODULE_NOT_FOUND|DYNAMIC_IMPORT|ChunkLoadError|ResolveMessage|dynamically imported module/;

/**
 * What to do where `error` says that a module could not be loaded; `undefined` for any other error. Our packages load
 * what only a failure needs by `import()`, and a host that lacks it would report each failure as unknown.
 */
export function loadFailureHint(error: unknown): string | undefined {
  const { code, name, message } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const words = [code, name, message].filter((word) => typeof word === 'string');
  if (!LOADING.test(words.join(' '))) return undefined;
  return `A module could not be loaded: ${cleanServerText(words.at(-1) ?? '')}. Deploy all files of the packages; for Jest, see the README of @credex/core.`;
}
