/** Who may do what with a bucket. */
import { opensStorage, type Grant, type BearerVerdict } from '../access-tokens.js';
import type { Bucket, Directory } from '../directory.js';
import { storageRefusal, type Notes } from '../google-errors.js';
import { BUCKET_ROLES, isAllowed, type Permission } from '../roles.js';
import type { ServiceRequest } from '../../service.js';

/** What a method of Cloud Storage needs, once its caller and bucket are known. */
export interface BucketCall {
  readonly request: ServiceRequest;
  readonly bucket: Bucket;
  /** Empty where the path names none. */
  readonly objectName: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly notes: Notes;
  nextGeneration(): string;
  /** Refuses where the caller has not the permission on the bucket. */
  assertMay(this: void, permission: Permission): void;
}

const REALM = 'Bearer realm="https://accounts.google.com/"';

export interface Access {
  readonly permission: Permission;
  readonly needs: 'read' | 'write';
}

/** The caller's grant, or 401, or 403 where its scopes don't open what it wants. */
export function storageCaller(verdict: BearerVerdict, { permission, needs }: Access): Grant {
  if (!verdict.ok) {
    if (verdict.fault === 'missing')
      throw storageRefusal(401, 'required', denied('Anonymous caller', permission), {
        location: 'Authorization',
        headers: { 'www-authenticate': REALM },
      });
    throw storageRefusal(401, 'authError', 'Invalid Credentials', {
      location: 'Authorization',
      headers: { 'www-authenticate': `${REALM}, error="invalid_token"` },
    });
  }
  if (!opensStorage(verdict.grant.scopes, needs))
    throw storageRefusal(403, 'forbidden', 'Provided scope(s) are not authorized', {
      headers: { 'www-authenticate': `${REALM}, error="insufficient_scope"` },
    });
  return verdict.grant;
}

export function findBucket({ buckets }: Directory, name: string): Bucket {
  const bucket = buckets.get(name);
  if (bucket === undefined) throw storageRefusal(404, 'notFound', 'The specified bucket does not exist.');
  return bucket;
}

export function assertMayInBucket(
  bucket: Bucket,
  { principal }: Pick<Grant, 'principal'>,
  permission: Permission,
): void {
  if (isAllowed(BUCKET_ROLES, bucket.bindings, principal, permission)) return;
  // Google names service accounts; whom it knows through a pool is only the caller.
  const who = principal.kind === 'service-account' ? principal.email : 'Caller';
  throw storageRefusal(403, 'forbidden', denied(who, permission));
}

function denied(who: string, permission: Permission): string {
  const thing = /objects\.(?!list)/.test(permission) ? 'object' : 'bucket';
  return `${who} does not have ${permission} access to the Google Cloud Storage ${thing}. Permission '${permission}' denied on resource (or it may not exist).`;
}
