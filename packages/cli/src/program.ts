/**
 * The commands. To add one: write src/commands/<name>.ts that exports `command: CommandModule`, add a row here, and a
 * row in README.md. A module is loaded when its command is called: `credex --help` loads none.
 */

import { Command } from 'commander';
import type { Act, CommandModule } from './command.js';

interface Row {
  readonly summary: string;
  load(): Promise<{ readonly command: CommandModule }>;
}

const COMMANDS: Readonly<Record<string, Row>> = {
  whoami: {
    summary: 'whose token this is, how long it lasts, and what is wrong with it',
    load: () => import('./commands/whoami.js'),
  },
  explain: {
    summary: 'why a cloud takes or refuses the token: its policy, held against the claims',
    load: () => import('./commands/explain.js'),
  },
  setup: {
    summary: 'print the trust that lets chosen environments into AWS, Google Cloud or Azure',
    load: () => import('./commands/setup.js'),
  },
  doctor: {
    summary:
      'the whole way, step by step: configuration, token, keys, cloud, exchange, use; stops at the first fault',
    load: () => import('./commands/doctor.js'),
  },
  exec: {
    summary: 'run a program with the credentials of an entry in its environment',
    load: () => import('./commands/exec.js'),
  },
  'credential-process': {
    summary: 'what credential_process of ~/.aws/config reads: an AWS session as JSON',
    load: () => import('./commands/credential-process.js'),
  },
  'google-executable': {
    summary: "what an external_account file of Google's runs: the token as JSON",
    load: () => import('./commands/google-executable.js'),
  },
  'azure-token-file': {
    summary: "write the token to the file that Azure's tools read, and keep it fresh",
    load: () => import('./commands/azure-token-file.js'),
  },
  'print-config': {
    summary: 'what other tools must be told so that they ask credex',
    load: () => import('./commands/print-config.js'),
  },
  trust: {
    summary: 'agree to run a configuration that is code and stands in the working directory',
    load: () => import('./commands/trust.js'),
  },
  emulator: {
    summary: 'an emulator of Vercel and three clouds on this machine, for development without any of them',
    load: () => import('./commands/emulator.js'),
  },
};

/** All commands with their summaries; the one that `argv` names also with its options and actions. */
export async function createProgram(argv: readonly string[], act: Act): Promise<Command> {
  const program = new Command('credex')
    .description('Vercel OIDC tokens and what AWS, Google Cloud and Azure make of them.')
    // An option after an operand belongs to the command: `credex exec` passes some on.
    .enablePositionalOptions()
    .showHelpAfterError('Run the command with --help to see what it takes.');
  const wanted = argv.find((word) => !word.startsWith('-') && word !== 'help');
  for (const [name, row] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(row.summary).summary(row.summary);
    if (name === wanted) await (await row.load()).command.configure(command, act);
  }
  addCommonOptions(program);
  return program;
}

function addCommonOptions(command: Command): void {
  command
    .option('--json', 'print one JSON document, also for a failure')
    .option('--verbose', 'on a failure, show what lies under it');
  for (const inner of command.commands) addCommonOptions(inner);
}
