/** For `credex` and `@credex/cli` alone: no versions, no promises. */

export { importFailure } from './optional-import.js';
export { assertConfigAvailable } from './config-available.js';
export { checkedConfig } from './check-config.js';
export type { PortableProvider, OpenProvider } from './open-provider.js';
export { openProvider, optionsOf } from './open-provider.js';
export { named, currentEnvironment, entryFor } from './variants.js';
export { FROM_CODE, FROM_ENVIRONMENT } from './config-error.js';
export { configOf } from './load-config.js';
