#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { processIo } from './process-io.js';
import { run } from './run.js';

const manifest = new URL('../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

// Not process.exit(): what was written to a pipe must arrive.
process.exitCode = await run(process.argv.slice(2), processIo(version));
