/** Packages that only some need: how they are imported, and what a failed import means. */

import { OptionError } from '@credex/core';
import { optionalPackage } from '@credex/core/driver';

/**
 * Imports a package that only a developer's machine needs. Bundlers and file tracers (webpack, Turbopack, esbuild,
 * `@vercel/nft`) follow a literal `import()` to whatever is installed, and would put megabytes into a function that never
 * loads them.
 */
export const importAtRuntime = (packageName: string): Promise<unknown> =>
  import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ packageName);

/**
 * Rejects: with `missing_package` where that very package is not installed, else with the error as it is.
 * @param option The key that needs the package.
 */
export async function importFailure(error: unknown, packageName: string, option: string): Promise<never> {
  try {
    return await optionalPackage<never>(packageName, () => Promise.reject(error as Error)).load();
  } catch (told) {
    if (!OptionError.isInstance(told) || told.code !== 'missing_package') throw told;
    throw new OptionError(
      'missing_package',
      option,
      undefined,
      `\`${option}\` needs the package ${packageName}, which is not installed: run \`npm install ${packageName}\`.`,
    );
  }
}
