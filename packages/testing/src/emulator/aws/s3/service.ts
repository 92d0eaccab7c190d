import type { Service, ServiceAnswer, ServiceRequest, EmulatorRuntime } from '../../service.js';
import type { Bucket } from './buckets.js';
import { partitionOfRegion, s3Place } from '../partitions.js';
import {
  notImplemented,
  refuseS3,
  requestIds,
  s3Answer,
  s3ErrorAnswer,
  s3Fault,
  S3Refusal,
  s3XmlAnswer,
  type RequestIds,
} from './responses.js';
import { authenticateS3, invalidAccessKey } from './authentication.js';
import { isPresigned } from './presigned.js';
import { parseAmzDate } from '../sigv4.js';
import { authorize } from './object-request.js';
import { listObjects, listUploads } from './list.js';
import { answerObject } from './objects.js';
import { callerArn, type Caller, type SessionStore } from '../sessions.js';

interface Target {
  readonly bucketName: string;
  /** Empty: the bucket itself. */
  readonly key: string;
}

/** A small S3: PUT, GET, HEAD and DELETE of objects, multipart uploads, lists of both, HEAD of a bucket; presigned URLs. */
export function createS3Service(
  runtime: EmulatorRuntime,
  buckets: ReadonlyMap<string, Bucket>,
  sessions: SessionStore,
): Service {
  async function perform(
    sent: ServiceRequest,
    target: Target,
    ids: RequestIds,
    log: Record<string, string>,
  ): Promise<ServiceAnswer> {
    const now = runtime.clock.now();
    const bucket = buckets.get(target.bucketName);
    const { region: hostRegion } = s3Place(sent.host);
    if (bucket !== undefined && hostRegion !== undefined && hostRegion !== bucket.region) redirect(bucket);
    const { caller, request } = await authenticateS3(sent, bucket?.region ?? hostRegion, sessions, now);
    log['caller'] = callerArn(caller);
    if (target.bucketName === '') return notImplemented('ListBuckets');
    if (bucket === undefined) {
      return refuseS3('NoSuchBucket', 'The specified bucket does not exist', {
        BucketName: target.bucketName,
      });
    }
    checkPartition(caller, bucket);
    checkExpectedOwner(request, bucket);
    const keys = requestKeys(request, isPresigned(sent), bucket, now);
    if (target.key !== '') {
      return answerObject({ request, bucket, key: target.key, caller, keys, now, ids }, runtime);
    }
    return answerBucket(request, bucket, caller, keys, ids);
  }

  return {
    name: 'aws-s3',
    async handle(request) {
      const ids = requestIds(runtime);
      const log: Record<string, string> = {};
      try {
        const target = targetOf(request);
        Object.assign(log, { bucket: target.bucketName, key: target.key });
        const answer = await perform(request, target, ids, log);
        return { ...answer, log: { ...log, verdict: 'allowed' } };
      } catch (error) {
        if (!(error instanceof S3Refusal)) throw error;
        const answer = s3ErrorAnswer(error, request.method, ids);
        return { ...answer, log: { ...log, ...answer.log } };
      }
    },
    faultAnswer: (kind, { method }, status) => s3Fault(kind, status, method, requestIds(runtime)),
  };
}

function targetOf({ host, path }: ServiceRequest): Target {
  const { bucket } = s3Place(host);
  const [, first = '', rest = ''] = /^\/([^/]*)\/?([^]*)$/.exec(path) ?? [];
  const [bucketName, encoded] = bucket === undefined ? [first, rest] : [bucket, path.slice(1)];
  try {
    return { bucketName: decodeURIComponent(bucketName), key: decodeURIComponent(encoded) };
  } catch {
    return refuseS3('InvalidURI', "Couldn't parse the specified URI.", { URI: path });
  }
}

function redirect(bucket: Bucket): never {
  return refuseS3(
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    { Endpoint: `${bucket.name}.s3.${bucket.region}.amazonaws.com`, Bucket: bucket.name },
    { 'x-amz-bucket-region': bucket.region },
  );
}

function checkExpectedOwner({ headers }: ServiceRequest, { accountId }: Bucket): void {
  const expected = headers['x-amz-expected-bucket-owner'];
  if (expected === undefined || expected === accountId) return;
  if (!/^\w{12}$/.test(expected))
    refuseS3(
      'InvalidBucketOwnerAWSAccountID',
      `The value of the expected bucket owner parameter must be an AWS Account ID... [${expected}]`,
    );
  refuseS3('AccessDenied', 'Access Denied');
}

/** Condition keys that every request brings ("Policy condition keys for Amazon S3"); a policy may deny by each of them. */
function requestKeys(
  { headers, secure, remoteAddress }: ServiceRequest,
  isInQuery: boolean,
  bucket: Bucket,
  now: number,
): Readonly<Record<string, string | number | boolean | undefined>> {
  return {
    'aws:CurrentTime': new Date(now).toISOString(),
    'aws:EpochTime': Math.floor(now / 1000),
    'aws:SecureTransport': secure,
    'aws:SourceIp': remoteAddress,
    'aws:UserAgent': headers['user-agent'],
    'aws:Referer': headers['referer'],
    'aws:RequestedRegion': bucket.region,
    'aws:ResourceAccount': bucket.accountId,
    's3:ResourceAccount': bucket.accountId,
    's3:authType': isInQuery ? 'REST-QUERY-STRING' : 'REST-HEADER',
    's3:signatureversion': 'AWS4-HMAC-SHA256',
    's3:signatureAge': now - (parseAmzDate(headers['x-amz-date']) ?? now),
    's3:x-amz-content-sha256': headers['x-amz-content-sha256'],
  };
}

/** A partition doesn't know the keys of another. */
function checkPartition(caller: Caller, bucket: Bucket): void {
  const partition = callerArn(caller).split(':')[1];
  if (partition === partitionOfRegion(bucket.region)) return;
  invalidAccessKey(caller.kind === 'session' ? caller.session.accessKeyId : caller.user.accessKeyId);
}

function answerBucket(
  request: ServiceRequest,
  bucket: Bucket,
  caller: Caller,
  common: ReturnType<typeof requestKeys>,
  ids: RequestIds,
): ServiceAnswer {
  const { method, query } = request;
  if (method !== 'GET' && method !== 'HEAD') return notImplemented(`${method} of a bucket`);
  const keys = {
    ...common,
    's3:prefix': query.get('prefix') ?? undefined,
    's3:delimiter': query.get('delimiter') ?? undefined,
    's3:max-keys': query.get('max-keys') ?? undefined,
  };
  const ofUploads = method === 'GET' && query.has('uploads');
  const action = ofUploads ? 's3:ListBucketMultipartUploads' : 's3:ListBucket';
  authorize(caller, { action, bucket, key: undefined, keys });
  const region = { 'x-amz-bucket-region': bucket.region };
  if (method === 'HEAD') return s3Answer(200, region, '', ids);
  const answer = s3XmlAnswer(ofUploads ? listUploads(bucket, query) : listObjects(bucket, query), ids);
  return { ...answer, headers: { ...answer.headers, ...region } };
}
