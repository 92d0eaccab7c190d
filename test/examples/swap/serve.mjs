// A deployed function, in a separate process: answers one request, which came with the token on stdin.
import { AsyncLocalStorage } from 'node:async_hooks';
import { text } from 'node:stream/consumers';
import { GET } from './service.mjs';

const requests = new AsyncLocalStorage();
globalThis[Symbol.for('@vercel/request-context')] = { get: () => requests.getStore() };

const token = (await text(process.stdin)).trim();
const answer = await requests.run({ headers: { 'x-vercel-oidc-token': token } }, GET);
console.log(JSON.stringify({ status: answer.status, read: await answer.text() }));
