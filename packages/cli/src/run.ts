import type { Command } from 'commander';
import { CommanderError } from 'commander';
import type { Act, Context } from './command.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT } from './exit-codes.js';
import type { Io } from './io.js';
import type { Output } from './output.js';
import { createOutput } from './output.js';
import { createProgram } from './program.js';
import { visible, visibleLines, withShown } from './visible.js';

/**
 * Runs one command line. Uses only `io`: no process, no globals.
 *
 * @param argv the words after `credex`
 * @returns the exit code, see the README; that of the program for `exec`. Never throws for a mistake of the user
 * @example
 * process.exitCode = await run(process.argv.slice(2), io);
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  // A guess for errors of the parser. The parsed options replace it, because a command may pass options to a program.
  const words = beforeDashes(argv);
  let common: CommonOptions = { json: words.includes('--json'), verbose: words.includes('--verbose') };
  const output = createOutput(io, () => common.json === true);
  let exit: number = EXIT.ok;
  const act: Act = <O>(handler: (context: Context<O>) => Promise<number>) => {
    // Commander calls an action with the operands, the options and the command, and itself as `this`.
    return async function action(this: unknown) {
      const command = this as Command;
      const options = command.optsWithGlobals<CommonOptions>();
      common = options;
      exit = await handler({ io, output, options: options as O, operands: command.args });
    };
  };
  try {
    const program = await createProgram(argv, act);
    prepare(program, argv, io, output);
    program.version(io.version);
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return ofCommander(error, argv, output);
    const { reportError } = await import('./report-error.js');
    return reportError(error, output, common.verbose === true, io.signal);
  }
}

interface CommonOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Commander must not end the process, must write to `io` only, and must not print words of argv unescaped. */
function prepare(command: Command, argv: readonly string[], io: Io, output: Output): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(visibleLines(text)),
    writeErr: (text) => {
      if (!output.isJson) io.stderr.write(visibleLines(quotedIn(text, argv)));
    },
    getOutHelpWidth: () => io.stdout.columns ?? 80,
    getErrHelpWidth: () => io.stderr.columns ?? 80,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const inner of command.commands) prepare(inner, argv, io, output);
}

/** Commander quotes a whole word of the command line, or the part after its `=`. */
const quotedIn = (text: string, argv: readonly string[]): string =>
  withShown(text, [...argv, ...argv.map((word) => word.slice(word.indexOf('=') + 1))]);

/** Help and version are successes. Everything else is a usage error, which commander has printed, except as JSON. */
function ofCommander(error: CommanderError, argv: readonly string[], output: Output): ExitCode {
  if (error.exitCode === 0) return EXIT.ok;
  const isNothingNamed = error.code === 'commander.help';
  const message = isNothingNamed
    ? 'The command is missing: run `credex --help` for a list.'
    : visible(quotedIn(error.message.replace(/^error: /, ''), argv));
  if (output.isJson) output.print({ error: { code: 'usage', message } }, () => '');
  return EXIT.usage;
}

/** The words after `--` belong to another program. */
function beforeDashes(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf('--');
  return at === -1 ? argv : argv.slice(0, at);
}
