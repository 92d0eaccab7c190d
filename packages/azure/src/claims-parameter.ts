/** The `claims` parameter of a token request (OpenID Connect Core 1.0, section 5.5), merged as MSAL merges it. */

import { invalidRequest } from './request.js';
import type { AzureRequest } from './types.js';

/** Declares that this client handles challenges, so that Entra issues a CAE token. */
const CAPABILITIES = { xms_cc: { values: ['cp1'] } };

/**
 * The claims of a challenge, with the capability added to those of the access token if `enableCae` is set;
 * `undefined` if there are none.
 * @throws FederationError `invalid_request` if `access_token` in the challenge is not an object
 */
export function claimsParameter({
  claims,
  enableCae,
}: Pick<AzureRequest, 'claims' | 'enableCae'>): string | undefined {
  // `azureRequest` has checked that this is the text of an object.
  const challenge = claims === undefined ? {} : (JSON.parse(claims) as Readonly<Record<string, unknown>>);
  if (!enableCae) return Object.keys(challenge).length === 0 ? undefined : JSON.stringify(challenge);
  const accessTokenClaims = Object.hasOwn(challenge, 'access_token') ? challenge['access_token'] : {};
  if (typeof accessTokenClaims !== 'object' || accessTokenClaims === null || Array.isArray(accessTokenClaims))
    throw invalidRequest('`access_token` in the claims of the challenge must be an object.');
  return JSON.stringify({ ...challenge, access_token: { ...accessTokenClaims, ...CAPABILITIES } });
}
