/** The key of an encrypted store: `cxk1.production.<32 random bytes as base64url>`. */

import { OptionError } from '@credex/core';
import { environmentVariable, requiredString } from '@credex/core/internal';
import { decodeBase64url, encodeBase64url } from './base64url.js';

export interface StoreKey {
  /** The environment that the key is for: `production`, `preview` or the slug of a custom environment. */
  readonly label: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As it was given. */
  readonly text: string;
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const KEY_BYTES = 32;

/**
 * A new random key for `encryptedStore`: 32 bytes with the name of the environment that it is for. Use one key for each
 * environment, so that a preview deployment can neither read nor plant credentials of production.
 *
 * @param environment `production`, `preview` or the slug of a custom environment: 1 to 64 lower-case letters, digits and
 *   hyphens.
 * @throws OptionError
 *
 * @example
 * console.log(createStoreKey('production')); // cxk1.production.<43 characters>
 */
export function createStoreKey(environment: string): string {
  const grammar = { pattern: LABEL, says: '1 to 64 lower-case letters, digits and hyphens' };
  const label = requiredString({ option: 'environment' }, environment, grammar);
  return `cxk1.${label}.${encodeBase64url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))}`;
}

/** @throws OptionError for a key in another form, or for another environment than the one that this process runs in */
export function storeKeyOf(value: unknown): StoreKey {
  if (value === undefined) throw missingKey();
  const [, label, encoded] = typeof value === 'string' ? (/^cxk1\.([^.]*)\.([^.]*)$/.exec(value) ?? []) : [];
  const bytes = encoded === undefined ? undefined : decodeBase64url(encoded);
  if (label === undefined || !LABEL.test(label) || bytes?.length !== KEY_BYTES) throw malformedKey(value);
  const environment = environmentVariable('VERCEL_TARGET_ENV') ?? environmentVariable('VERCEL_ENV');
  if (environment !== undefined && environment !== label) throw otherEnvironment(label, environment);
  return { label, bytes, text: value as string };
}

function missingKey(): OptionError {
  return new OptionError(
    'missing_option',
    'key',
    undefined,
    '`key` is missing: run `credex store-key --environment production`, save what it prints as a sensitive environment variable such as CREDEX_STORE_KEY, and pass `key: process.env.CREDEX_STORE_KEY`.',
  );
}

/** The value is never repeated, whatever it looks like. */
function malformedKey(value: unknown): OptionError {
  const found = typeof value === 'string' ? `a string of ${value.length} characters` : `a ${typeof value}`;
  return new OptionError(
    'invalid_option',
    'key',
    undefined,
    `\`key\` must be a key that \`credex store-key\` printed, such as cxk1.production.<43 characters>; it is ${found}.`,
  );
}

function otherEnvironment(label: string, environment: string): OptionError {
  return new OptionError(
    'invalid_option',
    'key',
    undefined,
    `\`key\` is labelled for the environment "${label}", and this deployment runs in "${environment}" (VERCEL_TARGET_ENV or VERCEL_ENV). Give each environment its own key: \`credex store-key --environment ${environment}\`.`,
  );
}
