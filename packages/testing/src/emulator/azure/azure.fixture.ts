/** The fixture of this folder's tests: one issuer with one key, a clock that stands still, and request builders. */
import { createHash } from 'node:crypto';
import { createLocalJWKSet, errors, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import type {
  Service,
  ServiceAnswer,
  ServiceRequest,
  TokenVerdict,
  EmulatedCloud,
  EmulatorRuntime,
} from '../service.js';
import { createAzureCloud } from './cloud.js';
import type { AzureAdmin, StorageRole } from './cloud.js';

export const TENANT = '11111111-2222-4333-8444-555555555555';
export const OTHER_TENANT = '99999999-2222-4333-8444-555555555555';
export const CLIENT = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';
export const ISSUER = 'https://oidc.vercel.com/acme';
export const SUBJECT = 'owner:acme:project:shop:environment:production';
export const AUDIENCE = 'https://vercel.com/acme';
export const START = Date.parse('2026-11-22T10:00:00Z');

const { privateKey, publicKey } = await generateKeyPair('RS256');
/** Entra's own, and for the issuer a stranger's: made once, since each costs a third of a second. */
const entraKey = await generateKeyPair('RS256', { extractable: true });
const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256' }] });

export interface TestAzure extends EmulatedCloud<AzureAdmin> {
  readonly runtime: EmulatorRuntime & { nowMs: number; reachable: boolean };
  readonly entra: Service;
  readonly blob: Service;
  /** An assertion of the issuer, good for an hour; an `undefined` claim is left out. */
  assertion(claims?: Record<string, unknown>, how?: 'unpublished' | 'tampered'): Promise<string>;
}

export function testAzure(): TestAzure {
  let drawn = 0;
  const runtime = {
    nowMs: START,
    reachable: true,
    clock: { now: (): number => runtime.nowMs },
    randomHex(bytes: number): string {
      drawn += 1;
      return createHash('sha512')
        .update(String(drawn))
        .digest('hex')
        .slice(0, bytes * 2);
    },
    async verifySubjectToken(jwt: string, { issuerUrl }: { issuerUrl: string }): Promise<TokenVerdict> {
      if (!runtime.reachable) return { ok: false, fault: 'issuer_unreachable' };
      try {
        const currentDate = new Date(runtime.nowMs);
        const { payload } = await jwtVerify(jwt, keys, {
          issuer: issuerUrl,
          currentDate,
          requiredClaims: ['exp'],
        });
        return { ok: true, claims: payload };
      } catch (error) {
        return { ok: false, fault: faultOf(error) };
      }
    },
  };
  const cloud = createAzureCloud(runtime, entraKey);
  const [entra, blob] = cloud.services;
  if (entra === undefined || blob === undefined) throw new Error('a service is missing');
  return {
    ...cloud,
    runtime,
    entra,
    blob,
    async assertion(claims = {}, how) {
      const now = Math.floor(runtime.nowMs / 1000);
      const all = {
        iss: ISSUER,
        sub: SUBJECT,
        aud: AUDIENCE,
        iat: now,
        nbf: now,
        exp: now + 3600,
        ...claims,
      };
      const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      const [key, kid] = how === 'unpublished' ? [entraKey.privateKey, 'k9'] : [privateKey, 'k1'];
      const jwt = await new SignJWT(kept as JWTPayload).setProtectedHeader({ alg: 'RS256', kid }).sign(key);
      const [head, , signature] = jwt.split('.');
      const forged = Buffer.from(JSON.stringify({ ...kept, environment: 'x' })).toString('base64url');
      return how === 'tampered' ? [head, forged, signature].join('.') : jwt;
    },
  };
}

function faultOf(error: unknown): Exclude<TokenVerdict, { ok: true }>['fault'] {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWKSNoMatchingKey) return 'unknown_key';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.reason === 'missing'
      ? 'missing_claim'
      : error.claim === 'nbf'
        ? 'not_yet_valid'
        : 'unknown_issuer';
  if (error instanceof errors.JOSENotSupported || error instanceof errors.JOSEAlgNotAllowed)
    return 'unsupported_algorithm';
  return 'malformed';
}

export const ACCOUNT = 'acmeshop';

/** `withShop`, and an account with the container `carts` that its application may write to. */
export function withStorage(azure: TestAzure, role: StorageRole = 'Storage Blob Data Contributor'): void {
  withShop(azure);
  azure.admin.createStorageAccount({
    name: ACCOUNT,
    tenantId: TENANT,
    containers: ['carts'],
    roleAssignments: [{ clientId: CLIENT, role }],
  });
}

/** A call of the account by path, as @azure/storage-blob makes it with a token. */
export function blobCall(
  azure: TestAzure,
  token: string | undefined,
  method: string,
  path: string,
  rest: Partial<RequestParts> = {},
): Promise<ServiceAnswer> {
  const headers: Record<string, string> = { 'x-ms-version': '2026-02-06', ...rest.headers };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  const call = request({ host: '127.0.0.1:10000', ...rest, method, target: `/${ACCOUNT}/${path}`, headers });
  return Promise.resolve(azure.blob.handle(call));
}

/** The code of a refusal, from its header. */
export function codeOf(answer: ServiceAnswer): string {
  return `${String(answer.status)} ${answer.headers?.['x-ms-error-code'] ?? ''}`.trim();
}

/** A tenant with one application that trusts the issuer's production subject. */
export function withShop(azure: TestAzure): void {
  azure.admin.createTenant({ tenantId: TENANT, domain: 'acme.onmicrosoft.com' });
  azure.admin.createApplication({
    tenantId: TENANT,
    clientId: CLIENT,
    federatedCredentials: [{ name: 'vercel', issuer: ISSUER, subject: SUBJECT, audience: AUDIENCE }],
  });
}

export interface RequestParts {
  readonly method?: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly host?: string;
  readonly secure?: boolean;
}

export function request({
  method = 'GET',
  target,
  headers = {},
  body = '',
  ...rest
}: RequestParts): ServiceRequest {
  const [path = '', rawQuery = ''] = target.split('?');
  return {
    method,
    path,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers,
    host: rest.host ?? 'login.test:8443',
    secure: rest.secure ?? true,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  };
}

/** A token request as @azure/identity makes it; an `undefined` field is left out. */
export async function tokenRequest(
  azure: TestAzure,
  fields: Record<string, string | undefined> = {},
  tenant = TENANT,
): Promise<ServiceAnswer> {
  const all = {
    client_id: CLIENT,
    scope: 'https://storage.azure.com/.default',
    grant_type: 'client_credentials',
    client_assertion: fields['client_assertion'] ?? (await azure.assertion()),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    ...fields,
  };
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) if (value !== undefined) form.set(name, value);
  return azure.entra.handle(
    request({
      method: 'POST',
      target: `/${tenant}/oauth2/v2.0/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
      body: form.toString(),
    }),
  );
}

export function jsonOf(answer: ServiceAnswer): Record<string, unknown> {
  return JSON.parse(String(answer.body)) as Record<string, unknown>;
}

/** The access token of a token request that must succeed. */
export async function tokenOf(
  azure: TestAzure,
  fields: Record<string, string | undefined> = {},
): Promise<string> {
  const answer = await tokenRequest(azure, fields);
  if (answer.status !== 200) throw new Error(String(answer.body));
  return String(jsonOf(answer)['access_token']);
}
