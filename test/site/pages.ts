/** The pages: links, looks, accessibility, and no request to anybody else. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pages, serveSite, textOf } from './built-site.js';
import type { SiteServer } from './built-site.js';
import { errorsOf, hasChromium, launch, violations } from './browser.js';
import type { CountedBrowser } from './browser.js';

const BOUND_MS = 600_000;

/** The ids of a page, and where its links go. */
function readPage(path: string) {
  const text = textOf(path);
  return {
    ids: new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)),
    links: [...text.matchAll(/<a\s[^>]*?href="([^"]*)"/g)].map(([, href = '']) =>
      href.replaceAll('&amp;', '&'),
    ),
  };
}

/** Pages of the API reference, which are generated. Its start page is not. */
const OF_REFERENCE = /^\/api\/(?!index\.html$)./;

interface Look {
  readonly scheme: 'light' | 'dark';
  readonly width: number;
  /** Rules of axe that are left out. */
  readonly without?: readonly string[];
}

export function describePages(): void {
  test('every link within the site leads to a page and to a place in it', () => {
    const read = new Map(pages().map((path) => [path, readPage(path)]));
    expect(read.size).toBeGreaterThan(60);
    const broken: string[] = [];
    let counted = 0;
    for (const [path, { links }] of read)
      for (const href of links) {
        const url = new URL(href, `http://site${path}`);
        if (url.host !== 'site') continue;
        counted += 1;
        const target = url.pathname.endsWith('/') ? `${url.pathname}index.html` : url.pathname;
        const found = read.get(decodeURIComponent(target));
        const id = decodeURIComponent(url.hash.slice(1));
        if (found === undefined || (id !== '' && !found.ids.has(id))) broken.push(`${path} -> ${href}`);
      }
    expect([...new Set(broken)]).toEqual([]);
    console.log(`${read.size} pages, ${counted} links within the site`);
  });

  test('each page has a content security policy before anything else, which lets nothing be sent', () => {
    for (const path of pages())
      expect(textOf(path)).toMatch(
        /<head>\s*<meta charset="utf-8">\s*<meta http-equiv="Content-Security-Policy" content="default-src 'none'; [^"]*connect-src 'none'; [^"]*form-action 'none'">/,
      );
  });

  test('each link to the repository leads to what is in it', () => {
    const root = join(import.meta.dirname, '..', '..');
    const inRepository = pages()
      .filter((path) => !path.startsWith('/api/'))
      .flatMap((path) => readPage(path).links)
      .flatMap(
        (href) =>
          /^https:\/\/github\.com\/credex\/credex\/(?:tree|blob)\/main\/([^#?]+)/.exec(href)?.[1] ?? [],
      );
    expect(inRepository.length).toBeGreaterThan(2);
    expect(inRepository.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  describe.runIf(hasChromium())('in Chromium', () => {
    let site: SiteServer;
    let chromium: CountedBrowser;
    beforeAll(async () => {
      site = await serveSite();
      chromium = await launch();
    }, BOUND_MS);
    afterAll(async () => {
      await chromium.close();
      site.close();
    });

    /** What axe and the console of the browser find, and what is wider than the window. */
    async function faultsOf(
      paths: readonly string[],
      { scheme, width, without = [] }: Look,
    ): Promise<string[]> {
      const context = await chromium.browser.newContext({
        viewport: { width, height: 900 },
        colorScheme: scheme,
      });
      const page = await context.newPage();
      const errors = errorsOf(page);
      const found: string[] = [];
      for (const path of paths) {
        await page.goto(`${site.origin}${path}`, { waitUntil: 'load' });
        await page.waitForFunction(() => {
          const app: (Element & { readonly __vue_app__?: unknown }) | null = document.querySelector('#app');
          return app?.__vue_app__ !== undefined;
        });
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (overflow > 0) found.push(`${path} is ${overflow} pixels wider than the window`);
        for (const violation of await violations(page, without)) found.push(`${path}: ${violation}`);
      }
      await context.close();
      return [...found, ...errors];
    }

    test.each([
      { scheme: 'light', width: 1440 },
      { scheme: 'dark', width: 390 },
      { scheme: 'light', width: 390 },
      { scheme: 'dark', width: 1440 },
    ] as const)(
      '$scheme, $width pixels: no violation, no error, nothing wider than the window, no request to another host',
      async ({ scheme, width }) => {
        const found = await faultsOf(
          pages().filter((path) => !OF_REFERENCE.test(path)),
          { scheme, width },
        );
        expect(found).toEqual([]);
        expect(chromium.outside).toEqual([]);
      },
      BOUND_MS,
    );

    // They are made by one theme, and long: the contrast of its colours is measured once, for the first of them.
    test(
      'the API reference: the same, in one look',
      async () => {
        const [first, ...others] = pages().filter((path) => OF_REFERENCE.test(path));
        const look = { scheme: 'light', width: 1440 } as const;
        const found = [
          ...(await faultsOf([first ?? ''], look)),
          ...(await faultsOf(others, { ...look, without: ['color-contrast'] })),
        ];
        expect(others.length).toBeGreaterThan(20);
        expect(found).toEqual([]);
        expect(chromium.outside).toEqual([]);
      },
      BOUND_MS,
    );
  });
}
