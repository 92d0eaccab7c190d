/** Work that belongs to no request, wherever the module was loaded and whoever started it. */

import { builtinModule } from './environment.js';

type Run = <T>(run: () => T) => T;

interface Storage {
  run<T>(store: true, run: () => T): T;
  getStore(): true | undefined;
}

interface AsyncHooks {
  readonly AsyncLocalStorage: (new () => Storage) & { snapshot?(): Run };
}

/** One for all bundled copies of this module. */
const KEY = Symbol.for('credex.outside-requests');
const holder = globalThis as { [KEY]?: Storage };

/** The async context in which this module was loaded: mostly no request's, but a route that is loaded late has one. */
const loadedContext: { readonly hooks: AsyncHooks | undefined; readonly run: Run } =
  /* @__PURE__ */ presentContext();

function presentContext(): typeof loadedContext {
  const hooks = builtinModule('node:async_hooks') as AsyncHooks | undefined;
  return { hooks, run: hooks?.AsyncLocalStorage.snapshot?.() ?? ((run) => run()) };
}

/** Runs it outside the async context of the caller, and marked, so that no context of a request is read in it. */
export function outsideRequests<T>(run: () => T): T {
  const { hooks } = loadedContext;
  const marked = hooks && (holder[KEY] ??= new hooks.AsyncLocalStorage());
  return loadedContext.run(() => (marked === undefined ? run() : marked.run(true, run)));
}
