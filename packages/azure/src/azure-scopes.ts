/** Scopes as Entra accepts them from an application: one resource per call. */

import type { Grammar, OptionName } from '@credex/core/internal';
import { OptionError } from '@credex/core';
import { optionalStringList } from '@credex/core/internal';

/** Azure Resource Manager in the public cloud. */
export const DEFAULT_SCOPES: readonly string[] = Object.freeze(['https://management.azure.com/.default']);

const SUFFIX = '/.default';

/**
 * Scope characters of RFC 6749, section 3.3. With the suffix, an application requests all permissions that it was
 * granted on a resource. Entra rejects any other scope in this flow. The resource itself may end in a slash.
 */
const SCOPE: Grammar = {
  pattern: /^[\x21\x23-\x5b\x5d-\x7e]{1,1000}\/\.default$/,
  says: 'a resource and /.default, such as https://vault.azure.net/.default or api://…/.default',
};

/** Sorted, without duplicates. A string is one scope: an Entra scope never contains a space. */
export function scopesOf(name: OptionName, value: unknown): readonly string[] {
  const list = optionalStringList(name, typeof value === 'string' ? [value] : value, SCOPE) ?? [];
  const scopes = [...new Set(list)].sort();
  const resources = new Set(scopes.map((scope) => scope.slice(0, -SUFFIX.length)));
  if (resources.size <= 1) return Object.freeze(scopes);
  throw new OptionError(
    'invalid_option',
    name.option,
    undefined,
    `\`${name.option}\` must name one resource, not ${resources.size} resources. Make one call for each.`,
  );
}
