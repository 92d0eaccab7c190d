// The suite in Vercel's edge-runtime, which has no modules: the bundle is evaluated as a script. Its `process` is that of
// Next.js's sandbox around it: an environment, and each function throws.
import { EdgeRuntime } from 'edge-runtime';
import { bundled } from './bundle.mjs';

const code = await bundled(`import { runSuite } from './suite.mjs'; globalThis.runSuite = runSuite;`, [
  'edge-light',
]);
const PROCESS = `globalThis.process = new Proxy({ env: {} }, {
  get: (own, name) => own[name] ?? (() => {
    throw new Error('A Node.js API is used (process.' + String(name) + ') which is not supported in the Edge Runtime.');
  }),
});`;
const runtime = new EdgeRuntime({ initialCode: PROCESS + code });
const results = await runtime.evaluate(`runSuite(${process.env.CREDEX_SETTING}).then(JSON.stringify)`);
console.log(results);
process.exit(0);
