/** What a failed import() of an optional package means. */

import { OptionError } from '@credex/core';
import { optionalPackage } from '@credex/core/driver';

/**
 * Rejects: with `missing_package` where that very package is not installed, else with the error as it is.
 *
 * The import() itself stands in a `try` where it is called: bundlers take what is imported there for optional, and a
 * package that nobody installed costs a warning, not the build.
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
