/**
 * The commands. To add one, write src/commands/<name>.ts that exports `command: CommandModule`, and add a row here and in
 * README.md. A module is loaded when its command is called: `credex --help` loads none.
 */

import { Command } from 'commander';
import type { Act, CommandModule } from './command.js';

interface Row {
  readonly summary: string;
  /** Another program calls it: it is not in the help. */
  readonly isHidden?: true;
  load(): Promise<{ readonly command: CommandModule }>;
}

const COMMANDS: Readonly<Record<string, Row>> = {
  whoami: {
    summary: 'show the token: its claims, its remaining lifetime, and what is wrong with it',
    load: () => import('./commands/whoami.js'),
  },
  explain: {
    summary: 'explain why a cloud accepts or refuses the token, by comparing its policy with the claims',
    load: () => import('./commands/explain.js'),
  },
  setup: {
    summary: 'print the trust that gives chosen environments access to AWS, Google Cloud or Azure',
    load: () => import('./commands/setup.js'),
  },
  doctor: {
    summary: 'check each step: configuration, token, keys, cloud, exchange, use; stop at the first fault',
    load: () => import('./commands/doctor.js'),
  },
  exec: {
    summary: 'run a program with the credentials of an entry in its environment variables',
    load: () => import('./commands/exec.js'),
  },
  'credential-process': {
    summary: 'print an AWS session as JSON, for credential_process in ~/.aws/config',
    load: () => import('./commands/credential-process.js'),
  },
  'google-executable': {
    summary: "print the token as JSON, for an external_account file of Google's",
    load: () => import('./commands/google-executable.js'),
  },
  'azure-token-file': {
    summary: "write the token to the file that Azure's tools read, and keep it valid",
    load: () => import('./commands/azure-token-file.js'),
  },
  'print-config': {
    summary: 'print the configuration with which other tools call credex',
    load: () => import('./commands/print-config.js'),
  },
  trust: {
    summary: 'consent to run a configuration that is code, in the working directory',
    load: () => import('./commands/trust.js'),
  },
  'store-key': {
    summary: 'print a new key for a shared store of credentials, labelled for one environment',
    load: () => import('./commands/store-key.js'),
  },
  'store-forget': {
    summary: "delete an entry's credential from a shared store, such as after a revocation",
    load: () => import('./commands/store-forget.js'),
  },
  init: {
    summary: 'write the options, the trust and the seed of the emulator for one cloud; asks on a terminal',
    load: () => import('./commands/init.js'),
  },
  dev: {
    summary: 'run a development server with an emulator of the clouds and a fresh token',
    load: () => import('./commands/dev.js'),
  },
  emulator: {
    summary: 'run an emulator of Vercel and three clouds on this machine',
    load: () => import('./commands/emulator.js'),
  },
  completion: {
    summary: 'print the script that completes commands and options in bash, zsh or fish',
    load: () => import('./commands/completion.js'),
  },
  complete: {
    summary: 'print what may come next in a command line',
    isHidden: true,
    load: () => import('./commands/complete.js'),
  },
};

/** All commands with their summaries; the command in `argv` also with its options and actions. */
export async function createProgram(argv: readonly string[], act: Act): Promise<Command> {
  const program = new Command('credex')
    .description('Vercel OIDC tokens, and their exchange at AWS, Google Cloud and Azure.')
    // An option after an operand belongs to the command: `credex exec` passes options to a program.
    .enablePositionalOptions()
    .showHelpAfterError('Run the command with --help for its options.');
  const wanted = argv.find((word) => !word.startsWith('-') && word !== 'help');
  for (const [name, row] of Object.entries(COMMANDS)) {
    const command = program
      .command(name, { hidden: row.isHidden === true })
      .description(row.summary)
      .summary(row.summary);
    if (name === wanted) await (await row.load()).command.configure(command, act);
  }
  addCommonOptions(program);
  return program;
}

function addCommonOptions(command: Command): void {
  command
    .option('--json', 'print one JSON document, also for a failure')
    .option('--verbose', 'print the causes of a failure');
  for (const inner of command.commands) addCommonOptions(inner);
}
