/** Errors of options, which factories throw, and how an error of this package is told from any other. */

import type { FederationErrorCode, PresentedToken } from './contract.js';
import { errorLine, oneLine } from './visible.js';

/** What marks an error of any copy of this package. */
export const FEDERATION_ERROR: symbol = Symbol.for('credex.FederationError');
const OPTION_ERROR = Symbol.for('credex.OptionError');

const isMarked = (error: unknown, marker: symbol): boolean =>
  typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[marker] === true;

/** What a `FederationError` says; core's class says more of each. */
export interface FederationErrorFields extends Error {
  readonly name: 'FederationError';
  readonly code: FederationErrorCode;
  readonly retryable: boolean;
  readonly provider: string;
  readonly hint: string | undefined;
  readonly presented: PresentedToken | undefined;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  readonly serverCode: string | undefined;
  readonly serverMessage: string | undefined;
}

/** `FederationError.isInstance`, without loading that class. */
export const isFederationError = (error: unknown): error is FederationErrorFields =>
  isMarked(error, FEDERATION_ERROR);

/** Longest name of an option that an error has as a member. */
const LONGEST_NAME = 256;

export type OptionErrorCode =
  'missing_option' | 'invalid_option' | 'conflicting_options' | 'unsafe_url' | 'missing_package';

/**
 * Misuse: an option that is missing, malformed or would send a token where it must not go. Thrown by the
 * factory, before any socket opens.
 */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  readonly code: OptionErrorCode;
  /** The option at fault, as written: `roleArn`. */
  readonly option: string;
  /** The environment variable that stands for it, where there is one: `AWS_ROLE_ARN`. */
  readonly environmentVariable: string | undefined;

  /** `message`: one sentence or more; a list holds one line each. Characters that cannot be seen are escaped. */
  constructor(
    code: OptionErrorCode,
    option: string,
    environmentVariable: string | undefined,
    message: string | readonly string[],
  ) {
    super(typeof message === 'string' ? errorLine(message) : message.map(errorLine).join('\n'));
    this.code = code;
    this.option = oneLine(option, LONGEST_NAME);
    this.environmentVariable = environmentVariable;
    Object.defineProperty(this, 'message', { enumerable: true });
    Object.defineProperty(this, OPTION_ERROR, { value: true });
  }

  /** True for an OptionError of any copy of this package. */
  static isInstance(error: unknown): error is OptionError {
    return isMarked(error, OPTION_ERROR);
  }
}
