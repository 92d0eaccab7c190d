/**
 * Who may do what to a storage account: "Authorize with Microsoft Entra ID" of the Azure Storage REST reference.
 * A token's signature, issuer, audience, times and the roles of its principal all count.
 */
import type { JWTPayload } from 'jose';
import type { ServiceRequest } from '../../service.js';
import { badHeader, blobRefusal, StorageRefusal } from './refusal.js';
import type { StorageAccount, StorageRole } from './storage-accounts.js';
import type { Entra } from '../entra/token-endpoint.js';

export type BlobPermission = 'read' | 'write' | 'delete';

const ROLES: Readonly<Partial<Record<StorageRole, readonly BlobPermission[]>>> = {
  'Storage Blob Data Reader': ['read'],
  'Storage Blob Data Contributor': ['read', 'write', 'delete'],
  'Storage Blob Data Owner': ['read', 'write', 'delete'],
};

/** First service version that takes a bearer token, and first that answers with a challenge. */
const BEARER_SINCE = '2017-11-09';
const CHALLENGE_SINCE = '2019-12-12';

/** Throws a StorageRefusal; returns the claims of the token that was taken. */
export async function authenticateRequest(
  entra: Entra,
  account: StorageAccount,
  request: ServiceRequest,
): Promise<JWTPayload> {
  const version = request.headers['x-ms-version'] ?? '';
  if (!request.secure && account.httpsTrafficOnly) throw blobRefusal('AccountRequiresHttps');
  if (version !== '' && !/^\d{4}-\d{2}-\d{2}$/.test(version)) throw badHeader('x-ms-version', version);
  if (request.query.has('sig')) throw blobRefusal('KeyBasedAuthenticationNotPermitted');
  const authorization = request.headers['authorization'];
  if (authorization === undefined) throw anonymous(account, version);
  const [scheme = '', jwt = '', ...more] = authorization.split(' ');
  if (scheme === 'SharedKey' || scheme === 'SharedKeyLite')
    throw blobRefusal('KeyBasedAuthenticationNotPermitted');
  if (scheme !== 'Bearer' || jwt === '' || more.length > 0) throw blobRefusal('InvalidAuthenticationInfo');
  // Azure/AzureStorageExplorer#3586.
  if (version < BEARER_SINCE)
    throw failed(account, '', 'Authentication scheme Bearer is not supported in this version.');
  // Azure/azure-sdk-for-net#8810 (403), Azure/Azurite#2477 (the words).
  if (!request.secure) throw failed(account, '', 'Authentication scheme Bearer is not allowed with HTTP.');

  const claims = await entra.authority.verify(jwt);
  const why = complaint(account, claims, entra.runtime.clock.now());
  if (claims === undefined || why !== undefined) throw failed(account, version, why ?? '');
  challengeIfRevoked(entra, account, claims);
  return claims;
}

/** Throws AuthorizationPermissionMismatch where no role of the principal covers what it wants. */
export function authorizeRequest(
  account: StorageAccount,
  claims: JWTPayload,
  container: string,
  wanted: BlobPermission,
): void {
  const clientId = String(claims['appid']).toLowerCase();
  const granted = account.roleAssignments.some(
    (assignment) =>
      assignment.clientId.toLowerCase() === clientId &&
      (assignment.container === undefined || assignment.container === container) &&
      ROLES[assignment.role]?.includes(wanted) === true,
  );
  if (!granted) throw blobRefusal('AuthorizationPermissionMismatch');
}

/**
 * The service's own words: Azure/azure-sdk-for-net#10529 (issuer), Azure/AzureStor#119 (audience),
 * Azure/azure-sdk-for-java#8667 (expired).
 */
function complaint(account: StorageAccount, claims: JWTPayload | undefined, now: number): string | undefined {
  if (claims === undefined) return 'Signature validation failed. Signature verification failed.';
  if (claims.iss !== `https://sts.windows.net/${account.tenantId}/`)
    return 'Issuer validation failed. Issuer did not match.';
  const audiences = ['https://storage.azure.com', `https://${account.name}.blob.core.windows.net`];
  if (!audiences.includes(String(claims.aud).replace(/\/$/, '')))
    return 'Audience validation failed. Audience did not match.';
  if (now < (claims.nbf ?? 0) * 1000) return 'Lifetime validation failed.';
  if (now >= (claims.exp ?? 0) * 1000) return 'Lifetime validation failed. The token is expired.';
  return undefined;
}

const SEE_HEADER =
  'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.';
const authorizationUri = (account: StorageAccount): string =>
  `https://login.microsoftonline.com/${account.tenantId}/oauth2/authorize`;

/** "Bearer challenge": unquoted, separated by a blank. The client learns the account's tenant from it. */
const tenantChallenge = (account: StorageAccount): string =>
  `Bearer authorization_uri=${authorizationUri(account)} resource_id=https://storage.azure.com`;

function anonymous(account: StorageAccount, version: string): StorageRefusal {
  // Before the challenge there was nothing to tell: a private container looks as if it weren't there.
  if (version < CHALLENGE_SINCE) return blobRefusal('ResourceNotFound');
  return new StorageRefusal(401, 'NoAuthenticationInformation', SEE_HEADER, {
    headers: { 'www-authenticate': tenantChallenge(account) },
  });
}

function failed(account: StorageAccount, version: string, detail: string): StorageRefusal {
  const details = { AuthenticationErrorDetail: detail };
  if (version < CHALLENGE_SINCE) {
    const message =
      'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.';
    return new StorageRefusal(403, 'AuthenticationFailed', message, { details });
  }
  const headers = { 'www-authenticate': tenantChallenge(account) };
  return new StorageRefusal(401, 'InvalidAuthenticationInfo', SEE_HEADER, { headers, details });
}

/**
 * The claims challenge of continuous access evaluation (learn.microsoft.com/entra/identity-platform/claims-challenge);
 * the detail is in Microsoft Graph's words. Only a token whose client said that it can answer one
 * (`xms_cc` has `cp1`) is challenged; for any other, Azure lets it run out.
 */
function challengeIfRevoked({ directory }: Entra, account: StorageAccount, claims: JWTPayload): void {
  const revokedBefore = directory.revokedBefore(String(claims['appid']));
  const capabilities: unknown = claims['xms_cc'];
  const capable = Array.isArray(capabilities) && capabilities.includes('cp1');
  if (revokedBefore === undefined || !capable || (claims.nbf ?? 0) >= revokedBefore) return;
  const asked = { access_token: { nbf: { essential: true, value: String(revokedBefore) } } };
  const encoded = Buffer.from(JSON.stringify(asked)).toString('base64');
  const challenge = `Bearer realm="", authorization_uri="${authorizationUri(account)}", error="insufficient_claims", claims="${encoded}"`;
  throw new StorageRefusal(401, 'InvalidAuthenticationInfo', SEE_HEADER, {
    headers: { 'www-authenticate': challenge },
    details: { AuthenticationErrorDetail: 'Continuous access evaluation resulted in challenge.' },
  });
}
