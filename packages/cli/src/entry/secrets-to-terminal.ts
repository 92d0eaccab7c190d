import type { Command } from 'commander';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';

export interface SecretsOptions {
  readonly showSecrets?: boolean | undefined;
}

export const withSecretsOption = (command: Command): Command =>
  command.option('--show-secrets', 'print secrets to a terminal too');

/**
 * Refuses to print a secret to a terminal, where it stays in the scrollback and on shared screens. Programs read it through
 * a pipe.
 */
export function assertNoTerminal({ stdout }: Io, { showSecrets }: SecretsOptions, what: string): void {
  if (!stdout.isTerminal || showSecrets === true) return;
  throw new UsageError('missing_argument', `This would print ${what} to a terminal.`, {
    option: '--show-secrets',
    hint: 'The output is for a program. Add --show-secrets to print it anyway, or pipe it to the program.',
  });
}
