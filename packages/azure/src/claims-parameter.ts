/** The parameter `claims` of a token request (OpenID Connect Core 1.0, section 5.5), as MSAL merges it. */

import { invalidRequest } from './azure-request.js';
import type { AzureRequest } from './azure-types.js';

/** Says that this client understands challenges: what makes a token one of continuous access evaluation. */
const CAPABILITIES = { xms_cc: { values: ['cp1'] } };

/**
 * A challenge's claims, with the capability among those of the access token where `enableCae` asks for it;
 * `undefined` where there is nothing to say.
 * @throws FederationError `invalid_request` where the challenge leaves no place for the capability
 */
export function claimsParameter({
  claims,
  enableCae,
}: Pick<AzureRequest, 'claims' | 'enableCae'>): string | undefined {
  // That it is the text of an object was asserted at the door.
  const asked = claims === undefined ? {} : (JSON.parse(claims) as Readonly<Record<string, unknown>>);
  if (!enableCae) return Object.keys(asked).length === 0 ? undefined : JSON.stringify(asked);
  const own = Object.hasOwn(asked, 'access_token') ? asked['access_token'] : {};
  if (typeof own !== 'object' || own === null || Array.isArray(own))
    throw invalidRequest('`access_token` in the claims of the challenge must be an object.');
  return JSON.stringify({ ...asked, access_token: { ...own, ...CAPABILITIES } });
}
