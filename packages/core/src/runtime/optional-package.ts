/** An official package that only some need: loaded on the first use, and its absence told as what it is. */

import { OptionError } from '../errors.js';
import { callerError } from '../federation-error.js';

export interface OptionalPackage<T> {
  /**
   * What `importModule` gives, once.
   * @throws OptionError `missing_package` where the package itself is not installed
   */
  load(): Promise<T>;
}

/** What asked for the package, and the way to do without. */
export interface PackageUse {
  readonly option: string;
  readonly instead: string;
}

const EXCHANGER: PackageUse = { option: 'exchanger', instead: 'pass another `exchanger`' };

export function optionalPackage<T>(
  name: string,
  importModule: () => Promise<T>,
  use: PackageUse = EXCHANGER,
): OptionalPackage<T> {
  let loading: Promise<T> | undefined;
  return {
    async load() {
      loading ??= importModule().catch((error: unknown) => {
        loading = undefined;
        throw isAbsence(error, name) ? missing(name, use) : error;
      });
      try {
        return await loading;
      } catch (error) {
        throw callerError(error);
      }
    },
  };
}

/**
 * For the `catch` of an optional `import()`. esbuild and Bun fail a build over a package that is not installed, unless
 * the `import()` itself has a `catch` or stands in a `try`.
 */
export function rethrow(error: unknown): never {
  throw error;
}

/** The absence of that very package: what is broken below it must show its own words. */
function isAbsence(error: unknown, name: string): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof message !== 'string' || (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND'))
    return false;
  // Node, Bun and webpack say package or module; Deno says import.
  return ['package', 'module', 'Import'].some(
    (word) => message.includes(`${word} '${name}'`) || message.includes(`${word} "${name}"`),
  );
}

function missing(name: string, { option, instead }: PackageUse): OptionError {
  return new OptionError(
    'missing_package',
    option,
    undefined,
    `The package ${name} is not installed: run \`npm install ${name}\`, or ${instead}.`,
  );
}
