/** The function that gives a password, as the clients of all databases use it. */

import { FederationError, OptionError } from '@credex/core';
import { optionalString } from '@credex/core/internal';
import { callerError } from '@credex/core/failure';

/**
 * Gives the password of one login, as `rdsPassword` of `@credex/aws/rds` and the like return it. It is called for each new
 * connection, and caches what is worth caching by itself.
 */
export type PasswordCallback = () => Promise<string>;

/**
 * Checks the function, and returns one that rejects only with an error of the caller's own, or returns a password.
 * @throws OptionError if it is no function
 */
export function checkedPassword(option: string, value: unknown): PasswordCallback {
  if (value === undefined)
    throw new OptionError(
      'missing_option',
      option,
      undefined,
      `\`${option}\` is missing: pass the function that rdsPassword({ … }) of @credex/aws/rds or another of these functions returns.`,
    );
  if (typeof value !== 'function')
    throw notShown(
      option,
      'the function that rdsPassword({ … }) or the like returns, since a password is valid for minutes only; it',
      value,
    );
  return async () => {
    let password: unknown;
    try {
      password = await (value as PasswordCallback)();
    } catch (error) {
      throw errorOf(option, error);
    }
    if (typeof password === 'string' && password !== '') return password;
    throw notShown(
      option,
      'a function that returns a promise of a string that is not empty; what it returned',
      password,
    );
  };
}

/** Most likely the value is a password, so the error shows its type alone. */
function notShown(option: string, says: string, value: unknown): OptionError {
  const what = value === '' ? 'an empty string' : `a value of type ${value === null ? 'null' : typeof value}`;
  return new OptionError('invalid_option', option, undefined, `\`${option}\` must be ${says} is ${what}.`);
}

/** A user of Redis, or a function that returns it. Default: `default`. */
export function checkedUsername(value: unknown): () => Promise<string> {
  if (typeof value === 'function') return checkedPassword('username', value);
  const username = optionalString({ option: 'username' }, value) ?? 'default';
  return async () => username;
}

/** An error that this caller may write on. */
function errorOf(option: string, error: unknown): Error {
  const own = callerError(error);
  if (own instanceof Error && Object.isExtensible(own)) return own;
  return new FederationError({
    code: 'unknown',
    provider: 'connect',
    message: `The function \`${option}\` failed.`,
    cause: error,
  });
}
