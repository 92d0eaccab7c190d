/** Names of credentials, and the environment variables that set their options. */

import type { Grammar } from '@credex/core/internal';
import type { ProviderName } from './option-table.js';
import { OPTIONS, PROVIDERS } from './option-table.js';

export const CREDENTIAL_NAME: Grammar = {
  pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/,
  says: 'letters a to z, digits and single hyphens, beginning with a letter',
};

export const PREFIX = 'CREDEX_';

/** Long enough for any purpose, short enough for an error message. */
export const MAX_NAME_LENGTH = 40;

/** `blob-store` → `CREDEX_BLOB_STORE_`. */
export function variablePrefix(name: string): string {
  return `${PREFIX}${upperCase(name)}_`;
}

/** `roleArn` → `ROLE_ARN`; a member of an object: `expect.projectId` → `EXPECT_PROJECT_ID`. */
function variableSuffix(option: string): string {
  return upperCase(option.replaceAll(/[A-Z]/g, (letter) => `-${letter}`).replaceAll('.', '-'));
}

/** `CREDEX_STORE_ROLE_ARN`. */
export function variableOf(name: string, option: string): string {
  return variablePrefix(name) + variableSuffix(option);
}

/** All options of a cloud by suffix, including the members of objects and `provider`. */
export function optionsBySuffix(provider: ProviderName | undefined): ReadonlyMap<string, string> {
  const found = new Map([['PROVIDER', 'provider']]);
  for (const cloud of provider === undefined ? PROVIDERS : [provider]) {
    for (const [option, { members = [] }] of Object.entries(OPTIONS[cloud])) {
      found.set(variableSuffix(option), option);
      for (const member of members) found.set(variableSuffix(`${option}.${member}`), `${option}.${member}`);
    }
  }
  return found;
}

/**
 * Finds two names that share a variable: `CREDEX_STORE_QUOTA_PROJECT_ID` could belong to `store` or to `store-quota`.
 * @returns the pair and the variable; undefined if there is none
 */
export function collision(names: readonly string[]): readonly [string, string, string] | undefined {
  const suffixes = [...optionsBySuffix(undefined).keys()];
  for (const shorter of names) {
    for (const longer of names) {
      if (!longer.startsWith(`${shorter}-`)) continue;
      const between = upperCase(longer.slice(shorter.length + 1));
      const shared = suffixes.find((suffix) => suffixes.includes(`${between}_${suffix}`));
      if (shared !== undefined) return [shorter, longer, `${variablePrefix(longer)}${shared}`];
    }
  }
  return undefined;
}

function upperCase(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
