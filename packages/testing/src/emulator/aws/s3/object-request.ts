/** A request for an object, and what its headers say of every operation alike. */

import type { ServiceRequest } from '../../service.js';
import { bucketArn, type Bucket } from './buckets.js';
import { notImplemented, refuseS3, type RequestIds } from './responses.js';
import { callerAccount, callerArn, callerDecisions, callerKeys, type Caller } from '../sessions.js';
import { knownKeys, type Decision } from '@credex/explain/internal';

export interface S3Access {
  readonly action:
    | 's3:GetObject'
    | 's3:PutObject'
    | 's3:PutObjectAcl'
    | 's3:DeleteObject'
    | 's3:ListBucket'
    | 's3:AbortMultipartUpload'
    | 's3:ListMultipartUploadParts'
    | 's3:ListBucketMultipartUploads';
  readonly bucket: Bucket;
  /** Undefined: the bucket itself. */
  readonly key: string | undefined;
  readonly keys: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** Why a caller may not; undefined where it may. Its role's policies, and of these what its session kept. */
export function denialOf(caller: Caller, access: S3Access): string | undefined {
  const { action, bucket, key } = access;
  const resource = key === undefined ? bucketArn(bucket) : `${bucketArn(bucket)}/${key}`;
  const request = { action, resource, keys: knownKeys({ ...callerKeys(caller), ...access.keys }) };
  const { identity, session } = callerDecisions(caller, request);
  const because = denial(identity, session, action, callerAccount(caller) === bucket.accountId);
  return because === undefined
    ? undefined
    : `User: ${callerArn(caller)} is not authorized to perform: ${action} on resource: "${resource}" ${because}`;
}

/** AWS does not document what it does here, and the emulator never accepts what it cannot decide. */
const UNDECIDED = 'because the emulator cannot decide a condition of its policies';

function denial(
  identity: Decision,
  session: Decision | undefined,
  action: string,
  ownAccount: boolean,
): string | undefined {
  const allows = (kind: string) => `because no ${kind} policy allows the ${action} action`;
  if (identity.effect === 'undecided' || session?.effect === 'undecided') return UNDECIDED;
  if (identity.effect === 'explicit-deny') return 'with an explicit deny in an identity-based policy';
  if (session?.effect === 'explicit-deny') return 'with an explicit deny in a session policy';
  // Buckets here have no policy of their own, and without one no other account comes in.
  if (!ownAccount) return allows('resource-based');
  if (identity.effect !== 'allow') return allows('identity-based');
  return session !== undefined && session.effect !== 'allow' ? allows('session') : undefined;
}

export function authorize(caller: Caller, access: S3Access): void {
  const denied = denialOf(caller, access);
  if (denied !== undefined) refuseS3('AccessDenied', denied);
}

export interface ObjectRequest {
  readonly request: ServiceRequest;
  readonly bucket: Bucket;
  readonly key: string;
  readonly caller: Caller;
  readonly keys: S3Access['keys'];
  readonly now: number;
  readonly ids: RequestIds;
}

type Headers = Readonly<Record<string, string>>;

/** They change what a request means: passing over them would be a kindness. */
const UNKNOWN =
  /^x-amz-(?:copy-source.*|tagging|object-lock-.*|server-side-encryption.*|storage-class|website-.*|write-offset-bytes|rename-source.*)$/;
const BYPASS = 'x-amz-bypass-governance-retention';
const KEPT = /^(?:cache-control|content-(?:disposition|language|type)|expires|x-amz-meta-.+)$/;

export function refuseUnknownHeaders(headers: Headers): void {
  const isUsual = (name: string): boolean => name === 'x-amz-storage-class' && headers[name] === 'STANDARD';
  if (headers[BYPASS] !== undefined)
    refuseS3('InvalidArgument', `${BYPASS} is only applicable to Object Lock enabled buckets.`, {
      ArgumentName: BYPASS,
    });
  const header = Object.keys(headers).find((name) => UNKNOWN.test(name) && !isUsual(name));
  if (header !== undefined) notImplemented(header);
}

/** Bytes of names, without their beginning, and values together. */
const MOST_METADATA = 2048;
const META = 'x-amz-meta-';

function checkMetadata(headers: Headers): void {
  const size = Object.entries(headers)
    .filter(([name]) => name.startsWith(META))
    .reduce((sum, [name, value]) => sum + name.length - META.length + value.length, 0);
  if (size > MOST_METADATA)
    refuseS3('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      Size: size,
      MaxSizeAllowed: MOST_METADATA,
    });
}

/** What is given back with an object that is stored with these headers. Refuses more metadata than S3 keeps. */
export function keptHeaders(headers: Headers): Headers {
  checkMetadata(headers);
  const encoding = (headers['content-encoding'] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'aws-chunked')
    .join(',');
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT.test(name))),
    ...(encoding === '' ? {} : { 'content-encoding': encoding }),
  };
}

/** Buckets are as they are created today: their access control lists are off, and only what changes nothing is accepted. */
export function checkAccessControlList(task: ObjectRequest): void {
  const { caller, bucket, key, keys, request } = task;
  const names = Object.keys(request.headers).filter((name) => /^x-amz-(?:acl$|grant-)/.test(name));
  if (names.length === 0) return;
  authorize(caller, { action: 's3:PutObjectAcl', bucket, key, keys });
  if (names.length === 1 && request.headers['x-amz-acl'] === 'bucket-owner-full-control') return;
  refuseS3('AccessControlListNotSupported', 'The bucket does not allow ACLs');
}
