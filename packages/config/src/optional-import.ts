/** Imports optional packages, and explains a failed import. */

import { OptionError } from '@credex/core';
import { optionalPackage } from '@credex/core/on-demand';

/**
 * Imports a package that only a developer's machine needs. The name is not a literal, because bundlers and file tracers
 * (webpack, Turbopack, esbuild, `@vercel/nft`) follow a literal `import()` and would add megabytes to a function that never
 * loads the package.
 */
export const importAtRuntime = (packageName: string): Promise<unknown> =>
  import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ packageName);

/**
 * Rejects with `missing_package` if this package is not installed, otherwise with the original error.
 * @param option The configuration key that needs the package.
 */
export async function importFailure(error: unknown, packageName: string, option: string): Promise<never> {
  try {
    return await optionalPackage<never>(packageName, () => Promise.reject(error as Error)).load();
  } catch (failure) {
    if (!OptionError.isInstance(failure) || failure.code !== 'missing_package') throw failure;
    throw new OptionError(
      'missing_package',
      option,
      undefined,
      `\`${option}\` needs the package ${packageName}, which is not installed: run \`npm install ${packageName}\`.`,
    );
  }
}
