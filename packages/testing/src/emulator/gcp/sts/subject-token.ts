/** What Google's security token service says of a subject token it doesn't take. */
import { decodeJwt } from 'jose';
import type { TokenVerdict } from '../../service.js';
import { oauthRefusal, type Refusal } from '../google-errors.js';

type Claims = Readonly<Record<string, unknown>>;
type Refused = Extract<TokenVerdict, { ok: false }>;

const grant = (description: string): Refusal => oauthRefusal('invalid_grant', description);

export function subjectTokenRefusal(verdict: Refused, jwt: string, issuerUri: string): Refusal {
  const claims = verdict.claims ?? claimsOf(jwt);
  switch (verdict.fault) {
    case 'malformed':
      return grant('Unable to parse the ID Token.');
    case 'unsupported_algorithm':
    case 'bad_signature':
      return grant('Unable to verify the ID Token signature.');
    case 'unknown_issuer':
      return wrongIssuer(claims, issuerUri);
    // Google looks for the key at the issuer once more, and blames the issuer when it isn't there either.
    case 'unknown_key':
    case 'issuer_unreachable':
      return grant("Error connecting to the given credential's issuer.");
    case 'expired':
    case 'not_yet_valid':
      return stale(claims);
    case 'missing_claim':
      if (claims['iss'] === undefined) return wrongIssuer(claims, issuerUri);
      return claims['aud'] === undefined ? wrongAudience(claims) : stale(claims);
  }
}

/** Both are required by Google, whatever the verifier lets pass. */
export const hasTimes = (claims: Claims): boolean =>
  typeof claims['iat'] === 'number' && typeof claims['exp'] === 'number';

export const stale = (claims: Claims): Refusal =>
  grant(`ID Token issued at ${shown(claims['iat'])} is stale to sign-in.`);

export const wrongAudience = (claims: Claims): Refusal =>
  grant(`The audience in ID Token [${listed(claims['aud'])}] does not match the expected audience.`);

const wrongIssuer = (claims: Claims, issuerUri: string): Refusal =>
  grant(
    `The issuer in ID Token ${shown(claims['iss'])} does not match the expected one in config: ${issuerUri}.`,
  );

function listed(aud: unknown): string {
  return (Array.isArray(aud) ? aud : [aud]).filter((one) => typeof one === 'string').join(', ');
}

function shown(claim: unknown): string {
  return typeof claim === 'string' || typeof claim === 'number' ? String(claim) : 'null';
}

function claimsOf(jwt: string): Claims {
  try {
    return decodeJwt(jwt);
  } catch {
    // Not a JWT at all: the message then names what it looked for, as null.
    return {};
  }
}
