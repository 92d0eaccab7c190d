/** `npm run bench:verify` gets its keys from the emulator and prints a row for each verifier. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { ROOT } from './readme-blocks.js';
import { run } from './user-folder.js';

test('bench:verify measures each verifier', async () => {
  await ensureBuilt();
  const args = [join(ROOT, 'test', 'bench', 'verify.mjs'), '1', '10'];
  const printed = await run(process.execPath, args, ROOT, process.env);
  expect(printed.split('\n').filter((line) => /^\| .+ \| [\d.]+ \| × [\d.]+ \|$/.test(line))).toHaveLength(8);
}, 60_000);
