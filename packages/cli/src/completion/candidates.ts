/** What may come next in a command line, by the commands and options that commander has. */

import type { Command } from 'commander';

/**
 * @param program with the commands configured that `words` names
 * @param words the words after `credex`; the last one is being typed, and may be empty
 * @returns the candidates, sorted; empty for a value, a file or a program, which the shell completes
 */
export function candidates(program: Command, words: readonly string[]): readonly string[] {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  // The words after it belong to another program.
  if (before.includes('--')) return [];
  let command = program;
  let awaitsValue = false;
  for (const word of before) {
    const option = optionsOf(command).find(({ long, short }) => word === long || word === short);
    if (awaitsValue || option !== undefined) {
      awaitsValue = !awaitsValue && option !== undefined && (option.required || option.optional);
      continue;
    }
    command = command.commands.find((one) => one.name() === word) ?? command;
  }
  if (awaitsValue) return [];
  const names = typed.startsWith('-')
    ? optionsOf(command).flatMap(({ long }) => long ?? [])
    : command
        .createHelp()
        .visibleCommands(command)
        .map((one) => one.name());
  return [...new Set(names)].filter((name) => name.startsWith(typed)).sort();
}

const optionsOf = (command: Command) => command.createHelp().visibleOptions(command);
