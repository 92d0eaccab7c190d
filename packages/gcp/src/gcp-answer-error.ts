import type { HttpAnswer } from '@credex/core/driver';

/** The two requests of an exchange. */
export type GcpStep = 'token-exchange' | 'impersonation';

/**
 * An answer that brought no credential, as it came. Stays inside: core turns it into a `FederationError` by
 * `classifyGcpError`.
 */
export class GcpAnswerError extends Error {
  override readonly name = 'GcpAnswerError';
  readonly step: GcpStep;
  readonly answer: HttpAnswer;
  /** What is wrong with an answer of status 200, in our words; `undefined` where the status says it. */
  readonly problem: string | undefined;

  constructor(step: GcpStep, answer: HttpAnswer, problem?: string) {
    super(problem ?? `The ${step} was answered with status ${answer.status}.`);
    this.step = step;
    this.answer = answer;
    this.problem = problem;
    // Not shown where the error is printed: a successful answer that didn't parse may hold a token.
    Object.defineProperty(this, 'answer', { enumerable: false });
  }

  /** By name: what reads errors is loaded apart, with a copy of this class. */
  static isInstance(error: unknown): error is GcpAnswerError {
    return error instanceof Error && error.name === 'GcpAnswerError';
  }
}

/** A federated access token that ends within seconds, because its subject token does. */
export class SubjectTokenEndsError extends Error {
  override readonly name = 'SubjectTokenEndsError';

  /** By name: what reads errors is loaded apart, with a copy of this class. */
  static isInstance(error: unknown): boolean {
    return error instanceof Error && error.name === 'SubjectTokenEndsError';
  }
}
