#!/usr/bin/env node
/** The command line, where `credex` alone is installed. Nothing but this file loads it. */

const { main } = await import('@credex/cli/main');
await main();
