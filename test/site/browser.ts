/** Chromium without a window, whose requests to other hosts go to a proxy that counts and refuses them. */

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** .ci/run installs it. Where it is missing, the tests say so. */
export const hasChromium = (): boolean => existsSync(CHROMIUM);

/** Chromium's own services, which it asks whatever page is shown. */
const OF_THE_BROWSER = new Set([
  'update.googleapis.com',
  'content-autofill.googleapis.com',
  'accounts.google.com',
  'optimizationguide-pa.googleapis.com',
  'clients2.google.com',
  'www.google.com',
]);

const QUIET = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--no-first-run',
];

export interface CountedBrowser {
  readonly browser: Browser;
  /** What was asked for at another host than loopback. */
  readonly outside: readonly string[];
  close(): Promise<void>;
}

export async function launch(): Promise<CountedBrowser> {
  const outside: string[] = [];
  const count = (address: string): void => {
    const { hostname } = new URL(address.includes('://') ? address : `https://${address}`);
    if (!OF_THE_BROWSER.has(hostname)) outside.push(address);
  };
  const proxy = createServer((request, response) => {
    count(request.url ?? '');
    response.writeHead(502).end();
  });
  proxy.on('connect', (request, socket) => {
    count(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const server = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: QUIET,
    proxy: { server, bypass: '127.0.0.1' },
  });
  return {
    browser,
    outside,
    async close() {
      await browser.close();
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

/** What a page writes to its console as an error, and what it throws. */
export function errorsOf(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  return errors;
}

/**
 * The violations that axe finds, by rule and element. Injected by the debugger: the page refuses other scripts.
 * @param without Rules that are left out.
 */
export async function violations(page: Page, without: readonly string[] = []): Promise<readonly string[]> {
  const rules = Object.fromEntries(without.map((rule) => [rule, { enabled: false }]));
  const session = await page.context().newCDPSession(page);
  const { result } = await session.send('Runtime.evaluate', {
    expression: `${axe.source};axe.run(document, { resultTypes: ['violations'], rules: ${JSON.stringify(rules)} }).then(({ violations }) =>
      JSON.stringify(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 160)))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return JSON.parse(String(result.value)) as string[];
}
