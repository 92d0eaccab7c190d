#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { processIo } from './process-io.js';
import { run } from './run.js';

const manifest = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

process.exitCode = await run(process.argv.slice(2), processIo(version));

// What was written to a pipe must arrive first; what still waits, such as a name that no server answers for, need not.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
