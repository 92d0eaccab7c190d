import type { TokenClaims } from '@credex/explain';
import { InvalidSessionClaim, sessionRequest, textsOf, webIdentityAudiences } from '@credex/explain/internal';
import type { SessionRequest } from '@credex/explain/internal';
import { decodeJwt } from 'jose';
import type { TokenFault, EmulatorRuntime } from '../../service.js';
import type { IdentityStore, OpenIdConnectProvider } from '../iam/identity-store.js';
import { refuse } from './responses.js';

/** A token that AWS takes, and the keys it gives to policies. */
export interface WebIdentity {
  readonly provider: OpenIdConnectProvider;
  readonly subject: string;
  readonly audience: string;
  readonly claims: TokenClaims;
  /** The condition keys that the session keeps: `oidc.vercel.com/acme:sub`, `:aud` and `:amr`. */
  readonly sessionKeys: Keys;
  readonly session: SessionRequest;
}

type Keys = Readonly<Record<string, string | readonly string[]>>;

/** AWS takes these, and allows five minutes between the clocks. */
const TAKEN = {
  algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
  toleranceSeconds: 300,
};

/** Since mid-2026 AWS says no more of an issuer or an audience that it doesn't know. */
const NOT_VALIDATED =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.';

const notValidated = (why: string): never => refuse('InvalidIdentityToken', NOT_VALIDATED, why);

const NOT_A_JWT =
  'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)';

/** Judges a token before it is looked at whether a role trusts it: issuer, signature, times, audience. */
export async function verifyWebIdentity(
  jwt: string,
  accountId: string,
  identities: IdentityStore,
  runtime: EmulatorRuntime,
): Promise<WebIdentity> {
  const issuer = issuerOf(jwt);
  const provider =
    identities.provider(accountId, issuer) ??
    notValidated(`the account has no identity provider for ${issuer}`);
  const verdict = await runtime.verifySubjectToken(jwt, { issuerUrl: provider.url, ...TAKEN });
  if (!verdict.ok) return refuseToken(verdict.fault, verdict.claims ?? {}, issuer, runtime);
  const { claims } = verdict;
  const missing = missingClaim(claims);
  if (missing !== undefined) return refuseToken('missing_claim', claims, issuer, runtime);

  const audiences = webIdentityAudiences(claims);
  const [audience = ''] = audiences;
  if (audiences.length > 1) {
    return refuse(
      'InvalidIdentityToken',
      'Token audience contains more than one audience while authorized party is not present',
    );
  }
  if (!provider.clientIds.includes(audience)) return notValidated(`the token is for ${audience}`);
  const key = (name: string) => `${provider.hostPath}:${name}`;
  const subject = String(claims['sub']);
  const sessionKeys: Keys = {
    [key('sub')]: subject,
    [key('aud')]: audience,
    ...(claims['amr'] === undefined ? {} : { [key('amr')]: textsOf(claims['amr']) }),
  };
  return {
    provider,
    subject,
    audience,
    claims,
    sessionKeys,
    session: sessionOf(claims),
  };
}

function sessionOf(claims: TokenClaims): SessionRequest {
  try {
    return sessionRequest(claims);
  } catch (error) {
    if (!(error instanceof InvalidSessionClaim)) throw error;
    return refuse('InvalidIdentityToken', error.message);
  }
}

function issuerOf(jwt: string): string {
  let issuer: unknown;
  try {
    issuer = decodeJwt(jwt).iss;
  } catch {
    return refuse('InvalidIdentityToken', NOT_A_JWT);
  }
  if (typeof issuer === 'string' && issuer !== '') return issuer;
  return refuse('InvalidIdentityToken', 'Missing a required claim: iss');
}

const missingClaim = (claims: Readonly<Record<string, unknown>>): string | undefined =>
  ['aud', 'sub', 'exp', 'iat'].find((name) => {
    const value = claims[name];
    return (
      value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
    );
  });

function refuseToken(
  fault: TokenFault,
  claims: Readonly<Record<string, unknown>>,
  issuer: string,
  runtime: EmulatorRuntime,
): never {
  const invalid = (message: string) => refuse('InvalidIdentityToken', message, fault);
  const now = Math.floor(runtime.clock.now() / 1000);
  switch (fault) {
    case 'expired':
      return refuse(
        'ExpiredTokenException',
        `Token expired: current date/time ${now} must be before the expiration date/time ${String(claims['exp'])}`,
      );
    case 'issuer_unreachable':
      return refuse(
        'IDPCommunicationError',
        'The identity provider that was asked to verify the incoming identity token could not be reached.',
      );
    case 'unknown_key':
      // Two spaces, as AWS has them.
      return invalid(
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
      );
    case 'unknown_issuer':
      return notValidated(`the token is of ${issuer}`);
    case 'bad_signature':
      return invalid('Token signature invalid');
    case 'not_yet_valid':
      if (Number(claims['iat']) > now + TAKEN.toleranceSeconds) {
        return invalid(
          `Token issued in the future: current date/time ${now} must be after the issued at date/time ${String(claims['iat'])}`,
        );
      }
      return invalid(
        `Token not yet valid: current date/time ${now} must be after the not before date/time ${String(claims['nbf'])}`,
      );
    case 'missing_claim':
      return invalid(`Missing a required claim: ${missingClaim(claims) ?? 'exp'}`);
    case 'malformed':
    case 'unsupported_algorithm':
      return invalid(NOT_A_JWT);
  }
}
