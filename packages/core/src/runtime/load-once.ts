/** Modules that only some calls need. */

export type LoadOnce<M> = () => M | Promise<M>;

/**
 * Loads a module when it is first needed. From then on it is returned without a promise. `load`: an `import()`; one that
 * fails is tried again with the next use.
 */
export function loadOnce<M>(load: () => Promise<M>): LoadOnce<M> {
  let loaded: M | undefined;
  return () => loaded ?? load().then((module) => (loaded = module));
}
