import { resolve } from 'node:path';
import type { CommandModule, Context } from '../command.js';
import { repeated } from '../command.js';
import { drawServed, emulatorPackage, readSeed, serve } from '../emulator/serve.js';
import { portsOf } from '../emulator/ports.js';
import { EXIT } from '../exit-codes.js';
import { pause } from '../pause.js';

interface EmulatorOptions {
  readonly seed?: string;
  readonly port?: readonly string[];
  readonly writeCa?: string;
}

export const command: CommandModule = {
  configure: (emulator, act) =>
    emulator
      .option('--seed <file>', 'JSON: projects, trust and buckets; default: nothing is trusted')
      .option(
        '--port <service=number>',
        'the port of one service, such as aws-sts=9001; repeat it for more',
        repeated,
      )
      .option('--write-ca <file>', 'the file for the certificate of its CA, for NODE_EXTRA_CA_CERTS')
      .addHelpText(
        'after',
        '\nRuns until Ctrl-C or SIGTERM. It listens on 127.0.0.1 only, and its tokens are valid only there.',
      )
      .action(act(run)),
};

/** The document is printed when all services listen. Nothing is printed afterwards. */
async function run({ io, output, options }: Context<EmulatorOptions>): Promise<number> {
  const ports = portsOf(options.port ?? []);
  const seed = options.seed === undefined ? undefined : await readSeed(io, options.seed);
  const emulator = await emulatorPackage(io.version);
  io.catchSignals?.();
  const done = output.progress('the emulator starts');
  const served = await serve(emulator, seed, ports).finally(done);
  try {
    if (options.writeCa !== undefined) await served.writeCa(resolve(io.cwd, options.writeCa));
    output.print(served.document, (view) => drawServed(served.document, view));
    while (!io.signal.aborted) await pause(io, DAY);
  } finally {
    await served.close();
  }
  return EXIT.ok;
}

const DAY = 86_400_000;
