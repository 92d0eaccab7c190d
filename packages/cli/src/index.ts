export { EXIT } from './exit-codes.js';
export type { ExitCode } from './exit-codes.js';
export type { Io, Sink, Source } from './io.js';
export { run } from './run.js';
export { explain, PolicyFileError } from '@credex/explain';
export type {
  Check,
  Cloud,
  ExplainInput,
  Explanation,
  Finding,
  FindingCode,
  PolicyFileErrorCode,
  Severity,
  Verdict,
} from '@credex/explain';
