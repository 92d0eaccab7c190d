/** The `claims` parameter (OpenID Connect Core 1.0, section 5.5), as far as Entra heeds it for applications. */

export interface RequestedClaims {
  /** The client said that it can answer a claims challenge: `xms_cc` has `cp1`. */
  readonly challengeCapable: boolean;
  /** From a challenge: the token's `nbf` must be this late, in epoch seconds. */
  readonly notBefore: number | undefined;
}

/** `undefined` where the parameter is not a JSON object of the right form. */
export function parseRequestedClaims(raw: string | undefined): RequestedClaims | undefined {
  if (raw === undefined) return { challengeCapable: false, notBefore: undefined };
  let parsed: unknown;
  try {
    parsed = JSON.parse(raw);
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  const wanted = parsed['access_token'] ?? {};
  if (!isObject(wanted)) return undefined;

  const capabilities = wanted['xms_cc'];
  const values: unknown = isObject(capabilities) ? (capabilities['values'] ?? [capabilities['value']]) : [];
  const nbf = wanted['nbf'];
  const moment: unknown = isObject(nbf) ? nbf['value'] : undefined;
  const isMoment = typeof moment === 'number' || typeof moment === 'string';
  if (moment !== undefined && !(isMoment && /^\d{1,12}$/.test(String(moment)))) return undefined;
  return {
    challengeCapable: Array.isArray(values) && values.includes('cp1'),
    notBefore: moment === undefined ? undefined : Number(moment),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
