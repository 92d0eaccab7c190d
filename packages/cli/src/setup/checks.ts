/** Everything that is missing or wrong in one command line, reported together. */

import { SeveralProblems } from '../usage-error.js';
import type { Problem } from '../usage-error.js';

/** Keeps what is wrong and goes on, so that the rest is looked at as well. */
export class Checks {
  readonly #found: (Error & Problem)[] = [];

  /** What `read` returns. Where it throws a coded error, the error is kept and `standIn`, a valid value, is returned. */
  or<T>(standIn: T, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!isProblem(error)) throw error;
      this.#found.push(error);
      return standIn;
    }
  }

  /**
   * @throws OptionError or UsageError, the one that was found
   * @throws SeveralProblems where there are more
   */
  finish(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    throw others.length === 0 ? first : new SeveralProblems([first, ...others]);
  }
}

const isProblem = (error: unknown): error is Error & Problem =>
  error instanceof Error && ['OptionError', 'UsageError'].includes(error.name);
