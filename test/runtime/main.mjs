// The suite in its own process: the setting comes as JSON in the environment, the results go to standard output.
import { runSuite } from './suite.mjs';

const results = await runSuite(JSON.parse(process.env.CREDEX_SETTING));
console.log(JSON.stringify(results));
// Servers that never end an answer hold the process.
process.exit(0);
