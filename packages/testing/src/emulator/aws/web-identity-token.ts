import { decodeJwt } from 'jose';
import type { TokenFault, World } from '../service.js';
import type { IdentityStore, OpenIdConnectProvider } from './identity-store.js';
import { refuse } from './sts-answers.js';

/** A token that AWS takes, and the keys it gives to policies. */
export interface WebIdentity {
  readonly provider: OpenIdConnectProvider;
  readonly subject: string;
  readonly audience: string;
  /** `oidc.vercel.com/acme:sub` and its like. No claim has a key but those that AWS exposes. */
  readonly keys: Readonly<Record<string, string | readonly string[]>>;
}

const NOT_A_JWT =
  'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)';

const stringsOf = (claim: unknown): readonly string[] =>
  (Array.isArray(claim) ? claim : [claim]).filter((one): one is string => typeof one === 'string');

/** Judges a token before it is looked at whether a role trusts it: issuer, signature, times, audience. */
export async function verifyWebIdentity(
  jwt: string,
  accountId: string,
  identities: IdentityStore,
  world: World,
): Promise<WebIdentity> {
  const issuer = issuerOf(jwt);
  const provider =
    identities.provider(accountId, issuer) ??
    refuse('InvalidIdentityToken', 400, `No OpenIDConnect provider found in your account for ${issuer}`);
  const verdict = await world.verifySubjectToken(jwt, { issuerUrl: provider.url });
  if (!verdict.ok) return refuseToken(verdict.fault, verdict.claims ?? {}, issuer, world);
  const { claims } = verdict;
  const missing = missingClaim(claims);
  if (missing !== undefined) return refuseToken('missing_claim', claims, issuer, world);

  // Where a token names the party it was made for, that party is the audience.
  const authorizedParty = stringsOf(claims['azp']);
  const named = stringsOf(claims['aud']);
  const audiences = authorizedParty.length > 0 ? authorizedParty : named;
  const audience = audiences.find((one) => provider.clientIds.includes(one));
  if (audience === undefined) {
    return refuse(
      'InvalidIdentityToken',
      400,
      'Incorrect token audience',
      `the token is for ${audiences.join(', ')}`,
    );
  }
  const key = (name: string) => `${provider.hostPath}:${name}`;
  const subject = String(claims['sub']);
  return {
    provider,
    subject,
    audience,
    keys: {
      [key('sub')]: subject,
      [key('aud')]: audiences,
      ...(authorizedParty.length > 0 ? { [key('oaud')]: named } : {}),
      ...(claims['amr'] === undefined ? {} : { [key('amr')]: stringsOf(claims['amr']) }),
      ...(typeof claims['email'] === 'string' ? { [key('email')]: claims['email'] } : {}),
    },
  };
}

function issuerOf(jwt: string): string {
  let issuer: unknown;
  try {
    issuer = decodeJwt(jwt).iss;
  } catch {
    return refuse('InvalidIdentityToken', 400, NOT_A_JWT);
  }
  if (typeof issuer === 'string' && issuer !== '') return issuer;
  return refuse('InvalidIdentityToken', 400, 'Missing a required claim: iss');
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
  world: World,
): never {
  const invalid = (message: string) => refuse('InvalidIdentityToken', 400, message, fault);
  const now = Math.floor(world.clock.now() / 1000);
  switch (fault) {
    case 'expired':
      return refuse(
        'ExpiredTokenException',
        400,
        `Token expired: current date/time ${now} must be before the expiration date/time ${String(claims['exp'])}`,
      );
    case 'issuer_unreachable':
      return refuse(
        'IDPCommunicationError',
        400,
        'The identity provider that was asked to verify the incoming identity token could not be reached.',
      );
    case 'unknown_key':
      // Two spaces, as AWS has them.
      return invalid(
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
      );
    case 'unknown_issuer':
      return invalid(`No OpenIDConnect provider found in your account for ${issuer}`);
    case 'bad_signature':
      return invalid('Token signature invalid');
    case 'not_yet_valid':
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
