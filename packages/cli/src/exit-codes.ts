/** How the process ends: one table for all commands, repeated in the README. */

/** 0 to 4 are answers that a script may rely on; 70 and 130 follow the customs of sysexits and shells. */
export const EXIT = {
  /** Done, or the answer is yes. */
  ok: 0,
  /** The answer is no: a token with something wrong, a policy that refuses, a cloud that says no. */
  no: 1,
  /** Used in a way that can't work: an unknown option, a malformed value, a configuration that doesn't hold. */
  usage: 2,
  /** No usable Vercel token was found. */
  noToken: 3,
  /** Somebody could not be reached, or could not answer; the same call may succeed later. */
  unreachable: 4,
  /** A defect of credex. */
  internal: 70,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const UNREACHABLE: ReadonlySet<string> = new Set(['redirect_refused', 'keys_unavailable']);
const NO_TOKEN: ReadonlySet<string> = new Set([
  'no_subject_token',
  'invalid_subject_token',
  'subject_token_expired',
  'no_fresher_token',
]);
const USAGE: ReadonlySet<string> = new Set(['OptionError', 'ConfigError', 'UsageError']);

/** What an error says of itself. Its class is read as text: two copies of a package make two classes. */
interface CodedError {
  readonly name: string;
  readonly code: string;
  readonly retryable?: boolean | undefined;
  /** Of a UsageError that does not end with 2. */
  readonly exit?: number | undefined;
}

/** The exit code for a coded error of ours: the same in every command. */
export function exitCodeOf(error: CodedError): number {
  if (USAGE.has(error.name)) return error.exit ?? EXIT.usage;
  if (NO_TOKEN.has(error.code)) return EXIT.noToken;
  if (error.code === 'aborted') return EXIT.interrupted;
  // It can succeed later, but not before somebody has set the clock.
  if (error.code === 'clock_skew') return EXIT.no;
  return error.retryable === true || UNREACHABLE.has(error.code) ? EXIT.unreachable : EXIT.no;
}
