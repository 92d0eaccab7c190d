import { readFileSync } from 'node:fs';
import { EXIT } from './exit-codes.js';
import { flushed, processIo } from './process-io.js';
import { run } from './run.js';

/**
 * Runs the command line that this process was started with: reads its arguments and environment, prints, sets the exit
 * code and ends the process. For executables; `run` of `@credex/cli` touches no process.
 *
 * @example
 * #!/usr/bin/env node
 * import { main } from '@credex/cli/main';
 * await main();
 */
export async function main(): Promise<void> {
  const manifest = new URL(import.meta.resolve('@credex/cli/package.json'));
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  process.exitCode = await run(process.argv.slice(2), processIo(version));
  // The output must arrive in a pipe first. Pending work, such as a DNS lookup without a response, is not waited for.
  const lost = await flushed();
  if (lost !== undefined) {
    process.exitCode = EXIT.usage;
    process.stderr.write(`error: Standard output cannot be written: ${lost}. (unreadable_file)\n`);
    await flushed();
  }
  process.exit();
}
