#!/usr/bin/env node
/** Starts the command line. No other file of this package loads it. */

const { main } = await import('@credex/cli/main');
await main();
