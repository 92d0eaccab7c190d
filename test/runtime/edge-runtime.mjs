// The suite in Vercel's edge-runtime, which has no modules: the bundle is evaluated as a script.
import { EdgeRuntime } from 'edge-runtime';
import { bundled } from './bundle.mjs';

const code = await bundled(`import { runSuite } from './suite.mjs'; globalThis.runSuite = runSuite;`, [
  'edge-light',
]);
const runtime = new EdgeRuntime({ initialCode: code });
const results = await runtime.evaluate(`runSuite(${process.env.CREDEX_SETTING}).then(JSON.stringify)`);
console.log(results);
process.exit(0);
