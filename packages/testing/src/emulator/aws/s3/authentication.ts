import { isoSeconds } from '../../runtime.js';
import type { ServiceRequest } from '../../service.js';
import { invalidArgument, refuseS3 } from './responses.js';
import { checkPayloadClaim } from './payload.js';
import {
  asSigned,
  checkPresignedTime,
  isPresigned,
  parsePresigned,
  unsignedOfPresigned,
} from './presigned.js';
import type { Caller, SessionStore } from '../sessions.js';
import {
  amzDate,
  parseAmzDate,
  parseAuthorization,
  signatureHolds,
  unsignedHeaders,
  type SigningClaim,
} from '../sigv4.js';

const SKEW_MS = 15 * 60_000;

const malformed = (problem: string, region?: string): never =>
  refuseS3(
    'AuthorizationHeaderMalformed',
    `The authorization header is malformed; ${problem}`,
    { Region: region },
    region === undefined ? {} : { 'x-amz-bucket-region': region },
  );

export interface SignedRequest {
  readonly caller: Caller;
  /** As it is to be answered: of a presigned URL without the parameters of its signature. */
  readonly request: ServiceRequest;
}

/** Who signed a request to S3, in the header or in the query. @param region of the bucket, where it is known. */
export async function authenticateS3(
  request: ServiceRequest,
  region: string | undefined,
  sessions: SessionStore,
  now: number,
): Promise<SignedRequest> {
  const header = request.headers['authorization'];
  if (isPresigned(request)) {
    if (header !== undefined) onlyOneMechanism(header);
    return bySignedQuery(request, region, sessions, now);
  }
  if (header === undefined && (request.query.has('AWSAccessKeyId') || request.query.has('Signature')))
    refuseS3(
      'InvalidRequest',
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    );
  return { caller: await bySignedHeader(request, header, region, sessions, now), request };
}

const onlyOneMechanism = (header: string): never =>
  invalidArgument(
    'Authorization',
    // S3 repeats the header; what a log may keep of it is its scheme.
    header.split(' ', 1)[0] ?? '',
    'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
  );

const notSigned = (names: readonly string[]): never =>
  refuseS3('AccessDenied', 'There were headers present in the request which were not signed', {
    HeadersNotSigned: names.join(', '),
  });

const mismatch = (claim: SigningClaim): never =>
  refuseS3(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    { AWSAccessKeyId: claim.accessKeyId, SignatureProvided: claim.signature },
  );

/** The order is S3's own: parameters, time, unsigned headers, token, key, signature. */
async function bySignedQuery(
  request: ServiceRequest,
  region: string | undefined,
  sessions: SessionStore,
  now: number,
): Promise<SignedRequest> {
  const claim = parsePresigned(request, region);
  checkPresignedTime(claim, now);
  const unsigned = unsignedOfPresigned(request, claim);
  if (unsigned.length > 0) notSigned(unsigned);
  const found = findCaller(claim, claim.sessionToken, sessions);
  const payloadHash = checkPayloadClaim(claim.payloadHash);
  const signing = { time: claim.time, payloadHash, escapePath: false };
  if (!(await signatureHolds(request, claim, found.secretAccessKey, signing))) mismatch(claim);
  return { caller: found.caller, request: asSigned(request, claim) };
}

/** The order is S3's own: scope, unsigned headers, token, key, signature. */
async function bySignedHeader(
  request: ServiceRequest,
  header: string | undefined,
  region: string | undefined,
  sessions: SessionStore,
  now: number,
): Promise<Caller> {
  const claim = parseAuthorization(header);
  if (claim === undefined) return refuseS3('AccessDenied', 'Access Denied');
  if (!header?.startsWith('AWS4-HMAC-SHA256')) {
    return refuseS3('InvalidArgument', 'Unsupported Authorization Type', { ArgumentName: 'Authorization' });
  }
  if ('missing' in claim) return malformed(`the ${claim.missing} is mal-formed or missing.`);
  if (region !== undefined && claim.region !== region) {
    malformed(`the region '${claim.region}' is wrong; expecting '${region}'`, region);
  }
  if (claim.service !== 's3') {
    malformed(`incorrect service "${claim.service}". This endpoint belongs to "s3".`);
  }
  const unsigned = unsignedHeaders(request, claim);
  if (unsigned.length > 0) notSigned(unsigned);
  const time = checkedTime(request, claim, now);
  const found = findCaller(claim, request.headers['x-amz-security-token'], sessions);
  const payloadHash = checkPayloadClaim(request.headers['x-amz-content-sha256']);
  const signing = { time, payloadHash, escapePath: false };
  if (!(await signatureHolds(request, claim, found.secretAccessKey, signing))) mismatch(claim);
  return found.caller;
}

function checkedTime(request: ServiceRequest, claim: SigningClaim, now: number): number {
  const text = request.headers['x-amz-date'];
  const time = parseAmzDate(text);
  if (time === undefined)
    return refuseS3('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  if (text?.slice(0, 8) !== claim.date) {
    malformed(
      `Invalid credential date "${claim.date}". This date is not the same as X-Amz-Date: "${text?.slice(0, 8)}".`,
    );
  }
  if (Math.abs(time - now) > SKEW_MS) {
    refuseS3(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      { RequestTime: amzDate(time), ServerTime: isoSeconds(now), MaxAllowedSkewMilliseconds: SKEW_MS },
    );
  }
  return time;
}

export const invalidAccessKey = (accessKeyId: string): never =>
  refuseS3('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', {
    AWSAccessKeyId: accessKeyId,
  });

function findCaller({ accessKeyId }: SigningClaim, token: string | undefined, sessions: SessionStore) {
  if (token !== undefined && token !== '' && !sessions.knowsToken(token)) {
    refuseS3('InvalidToken', 'The provided token is malformed or otherwise invalid.', { 'Token-0': token });
  }
  const found = sessions.find(accessKeyId, token);
  if (found === 'expired') {
    return refuseS3('ExpiredToken', 'The provided token has expired.', { 'Token-0': token ?? '' });
  }
  return found === 'invalid' ? invalidAccessKey(accessKeyId) : found;
}
