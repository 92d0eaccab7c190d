/** Modules that only some calls need. */

import { FEDERATION_ERROR } from '../errors.js';

export type LoadOnce<M> = () => M | Promise<M>;

/**
 * Loads a module when it is first needed. From then on it is returned without a promise. `load`: an `import()`; one that
 * fails is tried again with the next use.
 */
export function loadOnce<M>(load: () => Promise<M>): LoadOnce<M> {
  let loaded: M | undefined;
  return () => loaded ?? load().then((module) => (loaded = module), notLoaded);
}

/** Marked as a FederationError: the class may be in the very module that is missing. */
function notLoaded(cause: unknown): never {
  const hint =
    'A module could not be loaded. Deploy all files of the packages; for Jest, see the README of @credex/core.';
  throw Object.assign(new Error(hint, { cause }), {
    name: 'FederationError',
    code: 'unknown',
    retryable: false,
    provider: 'credex',
    hint,
    [FEDERATION_ERROR]: true,
  });
}
