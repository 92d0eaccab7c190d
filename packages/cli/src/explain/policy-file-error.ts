/** A file that is no policy at all: nothing can be explained. */

import { errorLine } from '@credex/core/internal';

export type PolicyFileErrorCode =
  | 'policy_empty'
  | 'policy_too_large'
  | 'policy_too_deep'
  | 'policy_too_costly'
  | 'policy_not_json'
  | 'policy_not_utf8'
  | 'policy_is_yaml'
  | 'policy_is_token'
  | 'policy_of_another_cloud'
  | 'policy_of_several'
  | 'policy_not_recognised';

/** Message and hint hold no text of the file but names of its members: somebody may have passed a secret. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
  readonly code: PolicyFileErrorCode;
  /** As it is typed: `--policy`. */
  readonly option: string;
  readonly hint: string | undefined;
  /** Where it stops being JSON, both from 1. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(
    code: PolicyFileErrorCode,
    option: string,
    message: string,
    more: { readonly hint?: string; readonly line?: number; readonly column?: number } = {},
  ) {
    super(errorLine(message));
    this.code = code;
    this.option = option;
    this.hint = more.hint === undefined ? undefined : errorLine(more.hint);
    this.line = more.line;
    this.column = more.column;
  }
}
