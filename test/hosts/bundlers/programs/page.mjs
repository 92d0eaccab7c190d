// Runs the bundle of browser.mjs with what a page has: no process, no modules.
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';

const page = {
  fetch,
  crypto,
  performance,
  TextEncoder,
  TextDecoder,
  URL,
  URLSearchParams,
  Headers,
  Request,
  Response,
};
Object.assign(page, {
  AbortController,
  AbortSignal,
  setTimeout,
  clearTimeout,
  atob,
  btoa,
  console,
  location: {},
});
page.HOSTS_OPTIONS = JSON.parse(process.env.HOSTS_OPTIONS);
const context = createContext(page);
runInContext(readFileSync('browser.js', 'utf8'), context);
console.log(JSON.stringify(await page.answers));
process.exit(0);
