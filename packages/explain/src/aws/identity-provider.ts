/** What `aws iam get-open-id-connect-provider` prints. */

import { isObject, member, text, textsOf } from '../json.js';

export interface IdentityProvider {
  /** With https://, which AWS leaves out. */
  readonly issuer: string;
  readonly clientIds: readonly string[];
}

export function readIdentityProvider(value: unknown): IdentityProvider {
  const provider = isObject(value) ? value : {};
  const url = text(provider, 'Url') ?? '';
  return {
    issuer: url === '' || url.includes('://') ? url : `https://${url}`,
    clientIds: textsOf(member(provider, 'ClientIDList')),
  };
}
