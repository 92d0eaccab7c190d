import { OptionError } from '../errors.js';

/**
 * For functions that take either a provider as `credentials`, or the options of one.
 * @param options What was given; `credentials` itself may be among it.
 * @param allowed What can be combined with `credentials`.
 * @throws OptionError `conflicting_options` for any other option
 */
export function refuseWithCredentials(options: object, allowed: readonly string[]): void {
  const isUnused = ([name, value]: [string, unknown]): boolean =>
    value !== undefined && name !== 'credentials' && !allowed.includes(name);
  const unused = Object.entries(options).find(isUnused)?.[0];
  if (unused === undefined) return;
  throw new OptionError(
    'conflicting_options',
    unused,
    undefined,
    `\`${unused}\` cannot be combined with \`credentials\`: set it on the provider that you pass.`,
  );
}
