// What a whole process has cost up to here: imported first, asked last.
import { writeSync } from 'node:fs';
import { Module } from 'node:module';

export const input = JSON.parse(process.env.COLD_INPUT);

/** @param {unknown} credential What the process was started for: a subject that failed must not count as quick. */
export function done(credential) {
  if (credential === undefined || credential === null || credential === '') throw new Error('no credential');
  const { user, system } = process.cpuUsage();
  writeSync(
    1,
    JSON.stringify({
      cpuMs: (user + system) / 1_000,
      wallMs: performance.now(),
      rssMiB: process.memoryUsage.rss() / 2 ** 20,
      // Modules that `require` loaded: the loader's hooks don't see those.
      required: Object.keys(Module._cache),
    }),
  );
  process.exit(0);
}
