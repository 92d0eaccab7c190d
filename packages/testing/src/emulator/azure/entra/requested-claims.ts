/** The `claims` parameter (OpenID Connect Core 1.0, section 5.5), as far as Entra heeds it for applications. */

import { isJsonObject, jsonObject } from '../../request-content.js';

export interface RequestedClaims {
  /** The client said that it can answer a claims challenge: `xms_cc` has `cp1`. */
  readonly challengeCapable: boolean;
  /** From a challenge: the token's `nbf` must be this late, in epoch seconds. */
  readonly notBefore: number | undefined;
}

/** `undefined` where the parameter is not a JSON object of the right form. */
export function parseRequestedClaims(raw: string | undefined): RequestedClaims | undefined {
  if (raw === undefined) return { challengeCapable: false, notBefore: undefined };
  const parsed = jsonObject(raw);
  const wanted = parsed?.['access_token'] ?? {};
  if (parsed === undefined || !isJsonObject(wanted)) return undefined;

  const capabilities = wanted['xms_cc'];
  const values: unknown = isJsonObject(capabilities)
    ? (capabilities['values'] ?? [capabilities['value']])
    : [];
  const nbf = wanted['nbf'];
  const moment: unknown = isJsonObject(nbf) ? nbf['value'] : undefined;
  const isMoment = typeof moment === 'number' || typeof moment === 'string';
  if (moment !== undefined && !(isMoment && /^\d{1,12}$/.test(String(moment)))) return undefined;
  return {
    challengeCapable: Array.isArray(values) && values.includes('cp1'),
    notBefore: moment === undefined ? undefined : Number(moment),
  };
}
