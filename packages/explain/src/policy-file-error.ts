/** The members of `ExplainInput` that hold the text of a file. */
export type PolicyInput =
  | 'policy'
  | 'identityProvider'
  | 'assumeRole'
  | 'sessionPolicy'
  | 'hopPolicies'
  | 'serviceAccountPolicy'
  | 'projectPolicies';

export type PolicyFileErrorCode =
  /** Only white space. */
  | 'policy_empty'
  /** Longer than 1,048,576 characters. */
  | 'policy_too_large'
  /** More than 64 levels of JSON, or more than 2 CEL macros inside each other. */
  | 'policy_too_deep'
  /** The evaluation exceeds its limits of steps, time or memory. */
  | 'policy_too_costly'
  /** `line` and `column` say where. */
  | 'policy_not_json'
  | 'policy_not_utf8'
  | 'policy_is_yaml'
  /** A JSON Web Token was passed instead of a policy. */
  | 'policy_is_token'
  /** A policy of another cloud, or of another kind. */
  | 'policy_of_another_cloud'
  /** A list of more than one policy. */
  | 'policy_of_several'
  /** The output of `aws iam get-role` of a role that the request is not for. */
  | 'policy_of_another_role'
  | 'policy_not_recognised';

/**
 * The text is not a policy that can be explained. Message and hint never quote the text, because it may be a secret that
 * was passed by mistake. Both name an input by its property in backticks.
 *
 * @example
 * try {
 *   explain({ cloud: 'aws', policy: '{', claims });
 * } catch (error) {
 *   if (error instanceof PolicyFileError) console.error(error.code, error.hint); // 'policy_not_json'
 * }
 */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
  readonly code: PolicyFileErrorCode;
  readonly input: PolicyInput;
  /** What to do, in one or two sentences. */
  readonly hint: string | undefined;
  /** Where the text stops being JSON, both from 1. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(
    code: PolicyFileErrorCode,
    input: PolicyInput,
    message: string,
    more: {
      readonly hint?: string | undefined;
      readonly line?: number | undefined;
      readonly column?: number | undefined;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.input = input;
    this.hint = more.hint;
    this.line = more.line;
    this.column = more.column;
  }
}
