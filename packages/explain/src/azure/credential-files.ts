/**
 * The files in which federated credentials come: what `az ad app federated-credential list` and `az identity
 * federated-credential list` print, a list of Graph or of Azure Resource Manager, and ARM templates, which are also
 * what `bicep build` makes.
 */

import { isObject, member, text } from '../json.js';
import type { JsonObject } from '../json.js';

export interface PlacedCredential {
  /** Where in the file: `[0]`, `value[0]`, `resources[2]`. */
  readonly at: string;
  readonly credential: JsonObject;
}

/** Microsoft.ManagedIdentity/…/federatedIdentityCredentials, and the same of Microsoft.Graph/applications. */
const TYPE = /\bfederatedIdentityCredentials(?:@|$)/i;

export function placedCredentials(value: unknown): readonly PlacedCredential[] {
  if (Array.isArray(value)) return listed(value, '');
  if (!isObject(value)) return [];
  const list = member(value, 'value');
  if (Array.isArray(list)) return listed(list, '');
  return isTemplate(value) ? inResources(value, '') : [{ at: '[0]', credential: flat(value) }];
}

/** Whether the value is an ARM template or one of its resources with children. */
export function isTemplate(value: JsonObject): boolean {
  const resources = member(value, 'resources');
  return Array.isArray(resources) || isObject(resources);
}

function listed(list: readonly unknown[], at: string): readonly PlacedCredential[] {
  return list
    .filter(isObject)
    .map((credential, index) => ({ at: `${at}[${index}]`, credential: flat(credential) }));
}

/** `resources` is a list, and an object by symbolic name from language version 2.0 on. */
function inResources(parent: JsonObject, at: string): readonly PlacedCredential[] {
  const resources = member(parent, 'resources');
  const entries: readonly (readonly [string, unknown])[] = Array.isArray(resources)
    ? resources.map((one, index) => [`[${index}]`, one] as const)
    : Object.entries(isObject(resources) ? resources : {}).map(([name, one]) => [`.${name}`, one] as const);
  return entries.flatMap(([key, resource]) => {
    if (!isObject(resource)) return [];
    const here = `${at}resources${key}`;
    const own = TYPE.test(text(resource, 'type') ?? '') ? [{ at: here, credential: flat(resource) }] : [];
    return [...own, ...inResources(resource, `${here}.`)];
  });
}

/** Azure Resource Manager keeps the fields in `properties`. */
function flat(credential: JsonObject): JsonObject {
  const properties = member(credential, 'properties');
  return isObject(properties) ? { ...credential, ...properties } : credential;
}
