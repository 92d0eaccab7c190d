/** The website, as `npm run docs` builds it, in a real browser. One file: it is built once. */

import { beforeAll, expect, test } from 'vitest';
import { build } from './built-site.js';
import { hasChromium } from './browser.js';
import { describePages } from './pages.js';
import { describePlayground } from './playground.js';

beforeAll(build, 600_000);

test('the browser is installed', () => {
  const isCi = process.env['CI'] !== undefined && process.env['CI'] !== 'false';
  if (!hasChromium()) process.stderr.write('NOT SHOWN: there is no Chromium (apt-get install chromium)\n');
  expect(isCi && !hasChromium(), 'There is no Chromium: .ci/run installs it.').toBe(false);
});

describePages();
describePlayground();
