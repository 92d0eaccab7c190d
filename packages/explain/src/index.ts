export { explain } from './explain.js';
export type { ExplainInput } from './explain.js';
export type { TokenClaims } from './claims.js';
export type {
  Check,
  Cloud,
  Explanation,
  Verdict,
  Finding,
  FindingCode,
  Severity,
  FindingEntry,
} from './findings.js';
export { FINDINGS } from './findings.js';
export { explanationOf } from './outcome.js';
export type { ExplainOutcome } from './outcome.js';
export { PolicyFileError } from './policy-file-error.js';
export type { PolicyFileErrorCode, PolicyInput } from './policy-file-error.js';
