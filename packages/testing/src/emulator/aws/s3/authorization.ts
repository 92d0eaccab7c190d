import { decide, knownKeys } from '@credex/explain/internal';
import type { Decision } from '@credex/explain/internal';
import { bucketArn, type Bucket } from './buckets.js';
import { refuseS3 } from './responses.js';
import { callerAccount, callerArn, callerKeys, type Caller } from '../sessions.js';

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
  const request = {
    action,
    resource,
    keys: knownKeys({ ...callerKeys(caller), ...access.keys }),
  };
  const identity = decide(caller.kind === 'session' ? caller.role.policies : caller.user.policies, request);
  const session: Decision | undefined =
    caller.kind === 'session' && caller.session.policies !== undefined
      ? decide(caller.session.policies, request)
      : undefined;
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
