// The suite in workerd, as a worker that answers with the results. NODE_EXTRA_CA_CERTS of this process reaches it.
import { Miniflare } from 'miniflare';
import { bundled } from './bundle.mjs';

const script = await bundled(
  `import { runSuite } from './suite.mjs';
   export default { fetch: async (request) => Response.json(await runSuite(await request.json())) };`,
  ['workerd', 'worker'],
);
const miniflare = new Miniflare({
  modules: [{ type: 'ESModule', path: 'worker.mjs', contents: script }],
  compatibilityDate: '2026-04-01',
});
try {
  const answer = await miniflare.dispatchFetch('http://suite.test/', {
    method: 'POST',
    body: process.env.CREDEX_SETTING,
  });
  console.log(JSON.stringify(await answer.json()));
} finally {
  await miniflare.dispose();
}
process.exit(0);
