/** Collects everything that is missing or wrong in a command line, to report it together. */

import { optionalString, requiredString, type Grammar } from '@credex/core/internal';
import { SeveralProblems, type Problem } from '../usage-error.js';

/** Records a problem and continues, so that the rest is checked as well. */
export class Checks {
  readonly #found: (Error & Problem)[] = [];

  /** Returns what `read` returns. If it throws a coded error, records it and returns `standIn`, a valid value. */
  or<T>(standIn: T, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!isProblem(error)) throw error;
      // Two parts may need the same option.
      if (!this.#found.some(({ message }) => message === error.message)) this.#found.push(error);
      return standIn;
    }
  }

  /** An option; `standIn` if it is missing or wrong, which is recorded. */
  required(option: string, value: string | undefined, grammar: Grammar, standIn: string): string {
    return this.or(standIn, () => requiredString({ option }, value, grammar));
  }

  /** An option; undefined if it is left out, and if it is wrong, which is recorded. */
  optional(option: string, value: string | undefined, grammar: Grammar): string | undefined {
    return this.or(undefined, () => optionalString({ option }, value, grammar));
  }

  get problems(): readonly Problem[] {
    return this.#found;
  }

  /**
   * @throws OptionError or UsageError if there is one problem
   * @throws SeveralProblems if there are more
   */
  finish(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    throw others.length === 0 ? first : new SeveralProblems([first, ...others]);
  }
}

const isProblem = (error: unknown): error is Error & Problem =>
  error instanceof Error && ['OptionError', 'UsageError'].includes(error.name);
