/** Used in a way that can't work: exit code 2, unless it names another. */

import { EXIT } from './exit-codes.js';

export type UsageErrorCode =
  | 'unknown_command'
  | 'invalid_argument'
  | 'missing_argument'
  | 'conflicting_arguments'
  | 'unreadable_file'
  | 'missing_package'
  | 'untrusted_configuration';

/** `option`: as it is typed, `--team`. `hint`: what to do. Neither message nor hint holds a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: UsageErrorCode;
  readonly option: string | undefined;
  readonly hint: string | undefined;
  readonly exit: number;

  constructor(
    code: UsageErrorCode,
    message: string,
    more: {
      readonly option?: string;
      readonly hint?: string;
      readonly cause?: unknown;
      readonly exit?: number;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.option = more.option;
    this.hint = more.hint;
    this.exit = more.exit ?? EXIT.usage;
  }
}
