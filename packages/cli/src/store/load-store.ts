/** A shared store is code: the module that the command names, whose default export, or export `store`, is the store. */

import { resolve } from 'node:path';
import type { EncryptedStore } from '@credex/core';
import { errorLine } from '@credex/core/internal';
import type { Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

const OPTION = '--store';

/** @throws UsageError if the module can't be loaded, or exports no encrypted store */
export async function loadStore({ cwd }: Io, path: string | undefined): Promise<EncryptedStore> {
  if (path === undefined)
    throw new UsageError('missing_argument', 'The module with the store is missing.', {
      option: OPTION,
      hint: 'Such as `--store ./store.mjs`, a module that exports what `encryptedStore()` returned.',
    });
  const file = resolve(cwd, path);
  let exported: { readonly default?: unknown; readonly store?: unknown };
  try {
    // As a configuration is read: TypeScript as well.
    const { createJiti } = await import('jiti');
    const jiti = createJiti(file, { fsCache: false, moduleCache: false });
    exported = await jiti.import<typeof exported>(file);
  } catch (cause) {
    const why = cause instanceof Error ? errorLine(cause.message) : 'it threw something that is no error';
    throw new UsageError('unreadable_file', `${shown(file)} can't be loaded: ${why}`, {
      option: OPTION,
      hint: 'Name a module (.ts, .mts, .js or .mjs) that runs by itself.',
      cause,
    });
  }
  for (const found of [exported.default, exported.store])
    if ((found as EncryptedStore | undefined)?.contract === 'credex.store.v1') return found as EncryptedStore;
  throw new UsageError('invalid_argument', `${shown(file)} exports no store.`, {
    option: OPTION,
    hint: 'Its default export, or its export `store`, must be what `encryptedStore()` of @credex/store returned.',
  });
}
