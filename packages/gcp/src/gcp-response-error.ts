import type { HttpResponse } from '@credex/core/internal';

/** The two requests of an exchange. */
export type GcpStep = 'token-exchange' | 'impersonation';

/**
 * A response without a credential. It never reaches the user: core turns it into a `FederationError` with
 * `classifyGcpError`.
 */
export class GcpResponseError extends Error {
  override readonly name = 'GcpAnswerError';
  readonly step: GcpStep;
  readonly response: HttpResponse;
  /** What is wrong with a response of status 200, in our words; `undefined` for any other status. */
  readonly problem: string | undefined;

  constructor(step: GcpStep, response: HttpResponse, problem?: string) {
    super(problem ?? `The response to the ${step} has status ${response.status}.`);
    this.step = step;
    this.response = response;
    this.problem = problem;
    // Not printed with the error: a successful response that did not parse may contain a token.
    Object.defineProperty(this, 'response', { enumerable: false });
  }

  /** Compares names, not classes: the classifier is a separate bundle with its own copy of this class. */
  static isInstance(error: unknown): error is GcpResponseError {
    return error instanceof Error && error.name === 'GcpAnswerError';
  }
}

/** The federated access token expires within seconds, because its subject token does. */
export class SubjectTokenEndsError extends Error {
  override readonly name = 'SubjectTokenEndsError';

  /** Compares names, not classes: the classifier is a separate bundle with its own copy of this class. */
  static isInstance(error: unknown): boolean {
    return error instanceof Error && error.name === 'SubjectTokenEndsError';
  }
}
