// `node run-function.mjs FUNCTION_FOLDER PATH`: serves a built function (a `.func` folder of Vercel's build output) on
// loopback, each request in Vercel's request context, asks it with both tokens and prints the answers as one line.
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder = '', path = '/'] = process.argv.slice(2);
const tokens = JSON.parse(process.env.HOSTS_TOKENS);
const { handler } = JSON.parse(readFileSync(join(folder, '.vc-config.json'), 'utf8'));

const requests = new AsyncLocalStorage();
globalThis[Symbol.for('@vercel/request-context')] = { get: () => requests.getStore() };
// On the platform the token comes with each request; a token of a build or a laptop must not be needed.
process.env.VERCEL = '1';

/** Vercel's launcher calls a default export `(request, response)`, or its `fetch` by web standards. */
async function entry() {
  let module = await import(pathToFileURL(resolve(folder, handler)).href);
  while (typeof module === 'object' && typeof module.fetch !== 'function' && 'default' in module)
    module = module.default;
  if (typeof module === 'function') return module;
  if (typeof module?.fetch === 'function') return (request, response) => viaFetch(module, request, response);
  throw new TypeError(`${handler} exports neither a function nor an object with fetch().`);
}

async function viaFetch(module, { url, headers }, response) {
  const answer = await module.fetch(new Request(`http://127.0.0.1${url}`, { headers }));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

const handle = await entry();
const server = createServer((request, response) => {
  const context = { headers: { ...request.headers }, waitUntil: () => undefined };
  const failed = (error) => response.writeHead(599).end(String(error?.stack ?? error));
  requests.run(context, async () => handle(request, response)).catch(failed);
}).listen(0, '127.0.0.1');
await once(server, 'listening');

async function ask(token) {
  const headers = { 'x-vercel-oidc-token': token, 'x-forwarded-for': '127.0.0.1' };
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers });
  const text = await response.text();
  if (response.status !== 200)
    throw new Error(`${path} answered ${response.status}: ${text.slice(0, 2_000)}`);
  return JSON.parse(text);
}

console.log(JSON.stringify({ production: await ask(tokens.production), preview: await ask(tokens.preview) }));
process.exit(0);
