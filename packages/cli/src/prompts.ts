/** Questions to a person at the terminal. */

import { EXIT } from './exit-codes.js';
import { UsageError } from './usage-error.js';

export interface Prompts {
  /** One line, not empty. */
  text(question: string): Promise<string>;
  select(
    question: string,
    choices: readonly { readonly value: string; readonly label: string }[],
  ): Promise<string>;
  confirm(question: string): Promise<boolean>;
}

/** By @clack/prompts, loaded with the first question. Ctrl-C and Escape reject with an `AbortError`. */
export const terminalPrompts: Prompts = {
  async text(question) {
    const { text, isCancel } = await import('@clack/prompts');
    const validate = (value: string | undefined): string | undefined =>
      value === undefined || value.trim() === '' ? 'Please type a value.' : undefined;
    const answer = await text({ message: question, validate });
    return isCancel(answer) ? cancelled() : answer.trim();
  },
  async select(question, choices) {
    const { select, isCancel } = await import('@clack/prompts');
    const answer = await select({ message: question, options: [...choices] });
    return isCancel(answer) ? cancelled() : answer;
  },
  async confirm(question) {
    const { confirm, isCancel } = await import('@clack/prompts');
    const answer = await confirm({ message: question, initialValue: false });
    return isCancel(answer) ? cancelled() : answer;
  },
};

function cancelled(): never {
  throw new UsageError('cancelled', 'Nothing was changed, because the question was not answered.', {
    exit: EXIT.interrupted,
  });
}
