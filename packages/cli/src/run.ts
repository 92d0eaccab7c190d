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
 * Runs one command line. Touches nothing but `io`: no process, no global.
 *
 * @param argv what stands after `credex`
 * @returns the exit code, see the table of the README (of `exec` its child's); never throws for what a user did
 * @example
 * process.exitCode = await run(process.argv.slice(2), io);
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  // A guess, for misuse that ends the parsing; what was parsed takes its place, since a command may pass options on.
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

/** Commander ends no process, writes nowhere but to `io`, and nothing of argv reaches a terminal raw. */
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

/** Commander quotes a word of the command line, or what stands after its `=`, whole. */
const quotedIn = (text: string, argv: readonly string[]): string =>
  withShown(text, [...argv, ...argv.map((word) => word.slice(word.indexOf('=') + 1))]);

/** Help and version were asked for; all else is misuse, told already unless as JSON. */
function ofCommander(error: CommanderError, argv: readonly string[], output: Output): ExitCode {
  if (error.exitCode === 0) return EXIT.ok;
  const isNothingNamed = error.code === 'commander.help';
  const message = isNothingNamed
    ? 'No command is named: --help lists them.'
    : visible(quotedIn(error.message.replace(/^error: /, ''), argv));
  if (output.isJson) output.print({ error: { code: 'usage', message } }, () => '');
  return EXIT.usage;
}

/** What follows `--` belongs to another program. */
function beforeDashes(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf('--');
  return at === -1 ? argv : argv.slice(0, at);
}
