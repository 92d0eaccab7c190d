/**
 * The public keys that Google publishes on `www.googleapis.com`, for those who verify what IAM Credentials signed:
 * `/oauth2/v3/certs` and `/oauth2/v1/certs` for ID tokens, `/service_accounts/v1/jwk/{email}` and
 * `/service_accounts/v1/metadata/x509/{email}` for `signBlob` and `signJwt`.
 */
import type { ServiceAnswer, ServiceRequest } from '../service.js';
import { decodedPart } from '../request-content.js';
import type { GcpParts } from './access-tokens.js';
import { jsonAnswer } from './google-errors.js';
import type { SigningKey } from './signing-keys.js';

/** Google's keys are cached for hours. Here a client asks each time, since each emulator has its own. */
const HEADERS = { 'cache-control': 'no-store' } as const;

/** Undefined for a request that is not for a published key. */
export async function publishedKeys(
  { method, path }: ServiceRequest,
  parts: GcpParts,
): Promise<ServiceAnswer | undefined> {
  if (method !== 'GET') return undefined;
  const [, version, metadata, id] =
    /^\/(?:oauth2\/(v1|v3)\/certs|service_accounts\/v1\/(jwk|metadata\/x509)\/([^/]+))$/.exec(path) ?? [];
  if (version !== undefined) return published(parts.keys.idTokens, version === 'v3');
  const email = id === undefined ? undefined : decodedPart(id);
  if (email === undefined || !parts.directory.serviceAccounts.has(email)) return undefined;
  return published(parts.keys.ofServiceAccount(email), metadata === 'jwk');
}

async function published(key: SigningKey, asJwks: boolean): Promise<ServiceAnswer> {
  return jsonAnswer(200, asJwks ? await key.jwks() : await key.certificates(), HEADERS);
}
