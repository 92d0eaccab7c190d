import type { Command } from 'commander';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';

export interface SecretsOptions {
  readonly showSecrets?: boolean | undefined;
}

export const withSecretsOption = (command: Command): Command =>
  command.option('--show-secrets', 'print them to a terminal too');

/**
 * What is printed is a password for as long as it lasts. Programs read it by a pipe; on a terminal it stays in the
 * scrollback and on shared screens.
 */
export function assertNoTerminal({ stdout }: Io, { showSecrets }: SecretsOptions, what: string): void {
  if (!stdout.isTerminal || showSecrets === true) return;
  throw new UsageError('missing_argument', `This would print ${what} to a terminal.`, {
    option: '--show-secrets',
    hint: 'It is for a program to read. Add --show-secrets if you mean it, or pipe it to where it is needed.',
  });
}
