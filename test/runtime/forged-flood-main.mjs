// `node --expose-gc forged-flood-main.mjs node|edge refused|hanging`: prints what the flood did, and the heap before and after.
import { EdgeRuntime } from 'edge-runtime';
import { bundled } from './bundle.mjs';

const [, , runtime, kind] = process.argv;
const WARM_UP = 20_000;
const TOKENS = 100_000;

async function inEdgeRuntime() {
  const code = await bundled(
    `import { createFlood } from './forged-flood.mjs'; globalThis.createFlood = createFlood;`,
    ['edge-light'],
  );
  const edge = new EdgeRuntime({ initialCode: `globalThis.EdgeRuntime = 'edge-runtime'; ${code}` });
  return edge.evaluate(`createFlood(${JSON.stringify(kind)})`);
}

async function heap() {
  for (let n = 0; n < 3; n++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

const flood =
  runtime === 'edge' ? await inEdgeRuntime() : (await import('./forged-flood.mjs')).createFlood(kind);
await flood.begin();
await flood.send(WARM_UP);
const before = await heap();
await flood.send(TOKENS - WARM_UP);
const after = await heap();
const figures = await flood.end();
console.log(JSON.stringify({ ...figures, before, after, rest: await heap() }));
process.exit(0);
