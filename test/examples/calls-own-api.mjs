// A function that calls an API of its team's own, both as the README shows them: what is sent to the API's origin is
// answered by its handler, everything else goes where its name leads. Prints the answer as JSON.
import { AsyncLocalStorage } from 'node:async_hooks';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const requests = new AsyncLocalStorage();
globalThis[Symbol.for('@vercel/request-context')] = { get: () => requests.getStore() };

const [api, caller] = await Promise.all(
  process.argv.slice(2).map((file) => import(pathToFileURL(resolve(file)).href)),
);
const token = (await text(process.stdin)).trim();

/** What the examples call the API. */
const API_HOSTS = ['orders.acme.example', 'api.example.com'];

const { fetch } = globalThis;
globalThis.fetch = (input, init) =>
  API_HOSTS.includes(new URL(input).host) ? api.GET(new Request(input, init)) : fetch(input, init);

const response = await requests.run({ headers: { 'x-vercel-oidc-token': token } }, () =>
  (caller.POST ?? caller.GET)(),
);
console.log(JSON.stringify({ status: response.status, body: await response.json() }));
