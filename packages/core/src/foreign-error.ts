/** Errors that code outside of this package threw, possibly in another realm. */

import { cleanServerText } from './scrub.js';

/** What tells that a module which is loaded when first needed isn't there, or that the host has no `import()`. */
const CODES = new Set([
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING',
  'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG',
]);
const NAMES = new Set(['ChunkLoadError', 'ResolveMessage']);
const MESSAGE = /dynamically imported module|dynamic import/i;

/**
 * What to do where `error` says that a module could not be loaded; `undefined` for any other error. Our packages load
 * what only a failure needs by `import()`, and a host that lacks it would report each failure as unknown.
 */
export function loadFailureHint(error: unknown): string | undefined {
  const { code, name, message } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const text = typeof message === 'string' ? message : '';
  const known = typeof code === 'string' ? CODES.has(code) : typeof name === 'string' && NAMES.has(name);
  if (!known && !MESSAGE.test(text)) return undefined;
  return (
    `A module that is loaded when first needed could not be loaded: ${cleanServerText(text)}. Deploy every file of ` +
    'the packages and every chunk of a bundle; the settings for Jest are in the README of @credex/core.'
  );
}
