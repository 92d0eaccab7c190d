/** Whether an assertion authenticates a client: its form, its federated credential, its signature and times. */
import { entraAnswer, judgeAzure } from '@credex/explain/internal';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose';
import type { TokenFault, EmulatorRuntime } from '../../service.js';
import type { ServicePrincipal } from '../directory.js';
import { assertionRefusals, type EntraRefusal } from './refusal.js';

/** Throws an EntraRefusal; returns the assertion's subject. */
export async function authenticate(
  runtime: EmulatorRuntime,
  client: ServicePrincipal,
  jwt: string,
): Promise<string> {
  const { header, claims } = decode(jwt);
  if (!JWT_TYPES.includes(header.typ)) throw assertionRefusals.headerType();
  const issuer = claims.iss;
  if (typeof issuer !== 'string') throw assertionRefusals.malformed();
  const subject = claims.sub ?? '';
  const judgement = judgeAzure(client.federatedCredentials, claims);
  if (judgement.allowed !== true)
    throw UNMATCHED[entraAnswer(judgement, claims)]({
      clientId: client.clientId,
      issuer,
      subject,
      audiences: [claims.aud ?? []].flat(),
    });

  const verdict = await runtime.verifySubjectToken(jwt, { issuerUrl: issuer });
  if (!verdict.ok) throw refusalOf(verdict.fault, { now: runtime.clock.now(), issuer, header, claims });
  return subject;
}

interface Presented {
  readonly clientId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

/** Why no federated credential matches. */
const UNMATCHED: Readonly<Record<ReturnType<typeof entraAnswer>, (presented: Presented) => EntraRefusal>> = {
  AADSTS5002741: ({ audiences }) => assertionRefusals.severalAudiences(audiences.length),
  AADSTS70025: ({ clientId }) => assertionRefusals.noneConfigured(clientId),
  AADSTS700211: ({ issuer }) => assertionRefusals.issuer(issuer),
  AADSTS700212: ({ audiences }) => assertionRefusals.audience(audiences[0] ?? ''),
  AADSTS700213: ({ subject }) => assertionRefusals.subject(subject),
  AADSTS7002131: ({ subject }) => assertionRefusals.expression(subject),
  AADSTS7002138: ({ subject }) => assertionRefusals.subjectCase(subject),
};

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
