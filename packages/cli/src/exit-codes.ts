/** The exit codes of all commands, as in the README. */

/** Scripts may rely on 0 to 4. 70 and 130 follow sysexits and shells. */
export const EXIT = {
  /** Done, or the answer is yes. */
  ok: 0,
  /** The answer is no: the token is wrong, or a policy or a cloud refuses it. */
  no: 1,
  /** Wrong use: an unknown option, a malformed value, an invalid configuration. */
  usage: 2,
  /** No usable Vercel token was found. */
  noToken: 3,
  /** A server could not be reached, or could not respond; the same call may succeed later. */
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

/** An error's own members. Its class is compared by its name, because two copies of a package have two classes. */
interface CodedError {
  readonly name: string;
  readonly code: string;
  readonly retryable?: boolean | undefined;
  /** The exit code of a UsageError, if it is not 2. */
  readonly exit?: number | undefined;
}

/** The exit code for an error of credex: the same in every command. */
export function exitCodeOf(error: CodedError): number {
  if (USAGE.has(error.name)) return error.exit ?? EXIT.usage;
  if (NO_TOKEN.has(error.code)) return EXIT.noToken;
  if (error.code === 'aborted') return EXIT.interrupted;
  // Retryable, but only after the clock was corrected.
  if (error.code === 'clock_skew') return EXIT.no;
  return error.retryable === true || UNREACHABLE.has(error.code) ? EXIT.unreachable : EXIT.no;
}
