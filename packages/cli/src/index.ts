export { EXIT } from './exit-codes.js';
export type { ExitCode } from './exit-codes.js';
export type { Io, Sink, Source } from './io.js';
export { run } from './run.js';
