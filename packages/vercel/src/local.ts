export { localTokenSource } from './local/local-token-source.js';
export type { LocalTokenSourceOptions } from './local/options.js';
