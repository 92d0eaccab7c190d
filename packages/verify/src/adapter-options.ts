/** The options that all adapters share. */

import type { Grammar } from '@credex/core/internal';
import {
  invalidOption,
  optionNames,
  optionalFunction,
  optionalString,
  ownOptions,
} from '@credex/core/internal';
import type { TokenVerifier, TokenVerifierOptions } from './contract.js';
import { createTokenVerifier } from './create-token-verifier.js';
import type { TokenVerificationError } from './errors.js';
import { conflicting } from './issuers.js';
import { VERIFIER_OPTION_NAMES } from './verifier-options.js';

export interface RefusalOptions<R> {
  /** The `realm` of the challenge: up to 200 printable ASCII characters, no `"` and no `\`. Default: no realm. */
  readonly realm?: string | undefined;
  /**
   * Called with each refused request and the reason, for the log of the API. Its promise is not awaited and its errors are
   * ignored, so that a failing log neither accepts a request nor prevents the response.
   */
  readonly onRefused?: ((error: TokenVerificationError, request: R) => unknown) | undefined;
}

/** The options of a verifier, or an existing verifier to share. */
export type VercelTokenOptions<R = Request> = RefusalOptions<R> &
  (
    | (TokenVerifierOptions & { readonly verifier?: undefined })
    | ({ readonly verifier: TokenVerifier } & { readonly [option in keyof TokenVerifierOptions]?: undefined })
  );

export interface AdapterOptions<R> extends RefusalOptions<R> {
  readonly verifier: TokenVerifier;
}

const ADAPTER_OPTION_NAMES: readonly string[] = optionNames<AdapterOptions<unknown>>({
  realm: true,
  onRefused: true,
  verifier: true,
});

const REALM: Grammar = {
  pattern: /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,200}$/,
  says: 'up to 200 printable ASCII characters without " and \\',
};

/**
 * Checks the options of an adapter and creates its verifier.
 *
 * @throws OptionError if an option is wrong.
 */
export function adapterOptions<R>(options: VercelTokenOptions<R>): AdapterOptions<R> {
  const known = [...ADAPTER_OPTION_NAMES, ...VERIFIER_OPTION_NAMES];
  const { realm, onRefused, verifier, ...others } = ownOptions('vercelToken', options, known);
  return {
    realm: optionalString({ option: 'realm' }, realm, REALM),
    onRefused: optionalFunction({ option: 'onRefused' }, onRefused),
    verifier:
      verifier === undefined
        ? createTokenVerifier(others as TokenVerifierOptions)
        : givenVerifier(verifier, others),
  };
}

function givenVerifier(verifier: TokenVerifier, others: object): TokenVerifier {
  if (typeof verifier !== 'object' || verifier === null || typeof verifier.verify !== 'function')
    throw invalidOption({ option: 'verifier' }, 'what createTokenVerifier() returns', verifier);
  // An option next to `verifier` would be silently ignored, and it may be the one that restricts access.
  for (const [option, value] of Object.entries(others))
    if (value !== undefined)
      throw conflicting(
        option,
        `\`${option}\` and \`verifier\` are both given: pass \`${option}\` to createTokenVerifier().`,
      );
  return verifier;
}
