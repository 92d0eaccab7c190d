/** Whether an assertion authenticates a client: its form, its federated credential, its signature and times. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { JWTPayload, ProtectedHeaderParameters } from 'jose';
import type { TokenFault, World } from '../service.js';
import type { ServicePrincipal } from './directory.js';
import { assertionRefusals } from './entra-refusal.js';
import type { EntraRefusal } from './entra-refusal.js';
import { matchFederatedCredential } from './federated-credential.js';

/** Throws an EntraRefusal; returns the assertion's subject. */
export async function authenticate(world: World, client: ServicePrincipal, jwt: string): Promise<string> {
  const { header, claims } = decode(jwt);
  if (!JWT_TYPES.includes(header.typ)) throw assertionRefusals.headerType();
  const issuer = claims.iss;
  if (typeof issuer !== 'string') throw assertionRefusals.malformed();
  const audiences = claims.aud === undefined ? [] : [claims.aud].flat();
  if (audiences.length > 1) throw assertionRefusals.severalAudiences(audiences.length);

  const subject = claims.sub ?? '';
  const audience = audiences[0] ?? '';
  switch (matchFederatedCredential(client.federatedCredentials, { issuer, subject, audience, claims })) {
    case 'none-configured':
      throw assertionRefusals.noneConfigured(client.clientId);
    case 'issuer':
      throw assertionRefusals.issuer(issuer);
    case 'subject':
      throw assertionRefusals.subject(subject);
    case 'subject-case':
      throw assertionRefusals.subjectCase(subject);
    case 'expression':
      throw assertionRefusals.expression(subject);
    case 'audience':
      throw assertionRefusals.audience(audience);
    case 'match':
  }

  const verdict = await world.verifySubjectToken(jwt, { issuerUrl: issuer });
  if (!verdict.ok) throw refusalOf(verdict.fault, { now: world.clock.now(), issuer, header, claims });
  return subject;
}

const JWT_TYPES: readonly unknown[] = [undefined, 'JWT', 'http://openid.net/specs/jwt/1.0'];

interface Decoded {
  readonly header: ProtectedHeaderParameters;
  readonly claims: JWTPayload;
}

function decode(jwt: string): Decoded {
  try {
    return { header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) };
  } catch {
    throw assertionRefusals.malformed();
  }
}

function refusalOf(
  fault: TokenFault,
  { now, issuer, header, claims }: Decoded & { readonly now: number; readonly issuer: string },
): EntraRefusal {
  const kid = typeof header.kid === 'string' ? header.kid : '';
  switch (fault) {
    case 'malformed':
    case 'missing_claim':
      return assertionRefusals.malformed();
    case 'unsupported_algorithm':
      return assertionRefusals.unsupportedAlgorithm();
    case 'unknown_issuer':
      return assertionRefusals.issuer(issuer);
    case 'unknown_key':
      return assertionRefusals.unknownKey(kid, issuer);
    case 'bad_signature':
      return assertionRefusals.badSignature(kid);
    case 'expired':
    case 'not_yet_valid':
      // A token without nbf is said to be valid from 1970.
      return assertionRefusals.timeRange(now, (claims.nbf ?? 0) * 1000, (claims.exp ?? 0) * 1000);
    case 'issuer_unreachable':
      return assertionRefusals.issuerUnreachable();
  }
}
