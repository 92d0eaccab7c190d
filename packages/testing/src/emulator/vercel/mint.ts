import { requiredString } from '@credex/core/internal';
import { CompactSign } from 'jose';
import type { CompactJWSHeaderParameters } from 'jose';
import type { ProjectInput } from './accounts.js';
import type { SigningKey } from './key-ring.js';

/** Whose token, and what is to be wrong with it. Times are epoch seconds, as in the token. */
export interface MintOptions extends Omit<ProjectInput, 'oidc'> {
  /** `production`, `preview`, `development` or the slug of a custom environment. */
  readonly environment: string;
  /** By default `https://vercel.com/{team}`. */
  readonly audience?: string | readonly string[] | undefined;
  /** Who pulled a development token; by default `user_emulator` in development, otherwise absent. */
  readonly userId?: string | undefined;
  /** From `issuedAt`; by default 3600. */
  readonly lifetimeSeconds?: number | undefined;
  /** By default now, by the emulator's clock. */
  readonly issuedAt?: number | undefined;
  /** By default `issuedAt`. */
  readonly notBefore?: number | undefined;
  /** By default `issuedAt` and `lifetimeSeconds`. */
  readonly expiresAt?: number | undefined;
  /** Claims to add or to override; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Header parameters to add or to override; `undefined` removes one. `alg: 'none'` leaves the signature empty,
   * `HS256` signs with the published key's PEM as the secret: the classic forgery. `ES256`, `ES384` and `ES512` sign
   * with a key of that curve, which the JWKS publishes from then on.
   */
  readonly header?: Readonly<Record<string, unknown>> | undefined;
  /** `unpublished`: a key that no JWKS has, under a separate key id. */
  readonly signWith?: 'current' | 'unpublished' | undefined;
  /** Changes the payload after it was signed. */
  readonly tamper?: boolean | undefined;
}

/** The claims of a Vercel token, in its order. */
export function vercelClaims(options: MintOptions, origin: string, now: number): Record<string, unknown> {
  const { team, teamId, project, projectId, environment } = options;
  for (const [name, value] of Object.entries({ team, teamId, project, projectId, environment }))
    requiredString({ option: name }, value);
  const subject = `owner:${team}:project:${project}:environment:${environment}`;
  const issuedAt = options.issuedAt ?? Math.floor(now / 1000);
  const userId = options.userId ?? (environment === 'development' ? 'user_emulator' : undefined);
  return {
    iss: options.issuerMode === 'global' ? origin : `${origin}/${team}`,
    aud: options.audience ?? `https://vercel.com/${team}`,
    sub: subject,
    scope: subject,
    owner: team,
    owner_id: teamId,
    project,
    project_id: projectId,
    environment,
    plan: 'pro',
    ...(userId === undefined ? {} : { user_id: userId }),
    nbf: options.notBefore ?? issuedAt,
    iat: issuedAt,
    exp: options.expiresAt ?? issuedAt + (options.lifetimeSeconds ?? 3600),
    ...options.claims,
  };
}

/** A JWT in compact form (RFC 7519). JSON leaves out what is `undefined`. */
export async function signJwt(
  claims: Readonly<Record<string, unknown>>,
  key: SigningKey,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const full = { typ: 'JWT', alg: 'RS256', kid: key.kid, ...header };
  const payload = encode(claims);
  if (full.alg === 'none') return `${encode(full).toString('base64url')}.${payload.toString('base64url')}.`;
  const hmac = full.alg.startsWith('HS');
  const secret = hmac
    ? encoder.encode(key.publicKey.export({ type: 'spki', format: 'pem' }).toString())
    : undefined;
  const named = Object.fromEntries(Object.entries(full).filter(([, value]) => value !== undefined));
  return new CompactSign(payload)
    .setProtectedHeader(named as unknown as CompactJWSHeaderParameters)
    .sign(secret ?? key.privateKey);
}

/** The same signature over other claims. */
export function tampered(jwt: string): string {
  const [header, payload, signature] = jwt.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  return `${header}.${encode({ ...claims, tampered: true }).toString('base64url')}.${signature}`;
}

const encoder = new TextEncoder();
const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
