/** Questions to a person at the terminal. */

import type { Readable, Writable } from 'node:stream';
import type { CommonOptions } from '@clack/prompts';
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

type Clack = typeof import('@clack/prompts');

/**
 * By @clack/prompts, loaded with the first question. Ctrl-C, Ctrl-D, Escape and the end of `input` reject with a UsageError
 * `cancelled`.
 * @param output default: standard output
 */
export function terminalPrompts(input: Readable, output?: Writable): Prompts {
  const ask = async <A>(
    question: (clack: Clack, common: CommonOptions) => Promise<A>,
  ): Promise<Exclude<A, symbol>> => {
    const clack = await import('@clack/prompts');
    const ended = new AbortController();
    const end = (): void => ended.abort();
    // Node's line reader closes on Ctrl-D, and @clack/prompts does not notice it: the process would end without an answer.
    const onKey = (
      _text: string | undefined,
      key: { readonly name?: string; readonly ctrl?: boolean },
    ): void => {
      if (key.ctrl === true && key.name === 'd') end();
    };
    input.on('keypress', onKey).once('end', end);
    try {
      const answer = await question(clack, {
        input,
        ...(output === undefined ? {} : { output }),
        signal: ended.signal,
      });
      if (!clack.isCancel(answer)) return answer as Exclude<A, symbol>;
    } finally {
      input.off('keypress', onKey).off('end', end);
    }
    throw new UsageError('cancelled', 'Nothing was changed, because the question was not answered.', {
      exit: EXIT.interrupted,
    });
  };
  return {
    async text(message) {
      const validate = (value: string | undefined): string | undefined =>
        value === undefined || value.trim() === '' ? 'Please type a value.' : undefined;
      return (await ask(({ text }, common) => text({ message, validate, ...common }))).trim();
    },
    select: (message, choices) =>
      ask(({ select }, common) => select({ message, options: [...choices], ...common })),
    confirm: (message) => ask(({ confirm }, common) => confirm({ message, initialValue: false, ...common })),
  };
}
