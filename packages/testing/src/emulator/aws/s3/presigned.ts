/** Presigned URLs: Signature Version 4 in the query ("Authenticating Requests: Using Query Parameters" of the S3 API reference). */

import { isoSeconds } from '../../runtime.js';
import type { ServiceRequest } from '../../service.js';
import { refuseS3 } from './responses.js';
import { algorithmOfHeader } from './checksums.js';
import { amzDate, parseAmzDate, unsignedHeaders, type SigningClaim } from '../sigv4.js';

/** Seven days. */
const LONGEST_SECONDS = 604_800;
/** How far the clock of the signer may be ahead. */
const SKEW_MS = 15 * 60_000;

const REQUIRED = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-Date',
  'X-Amz-SignedHeaders',
  'X-Amz-Expires',
] as const;
/** These belong to the signature; every other `X-Amz-*` of the query stands for a header. */
const OF_SIGNATURE: ReadonlySet<string> = new Set(
  [...REQUIRED, 'X-Amz-Security-Token', 'X-Amz-Content-Sha256'].map((name) => name.toLowerCase()),
);

export interface PresignedClaim extends SigningClaim {
  /** When it was signed, epoch milliseconds. */
  readonly time: number;
  readonly expiresSeconds: number;
  readonly sessionToken: string | undefined;
  readonly payloadHash: string;
}

export const isPresigned = ({ query }: ServiceRequest): boolean =>
  ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature'].some((name) => query.has(name));

const wrong = (message: string, region?: string): never =>
  refuseS3(
    'AuthorizationQueryParametersError',
    message,
    { Region: region },
    region === undefined ? {} : { 'x-amz-bucket-region': region },
  );

const wrongCredential = (problem: string, region?: string): never =>
  wrong(`Error parsing the X-Amz-Credential parameter; ${problem}`, region);

/** @param region of the bucket; undefined where it is unknown. */
export function parsePresigned(
  { query, headers }: ServiceRequest,
  region: string | undefined,
): PresignedClaim {
  const [algorithm, credential, signature, date, signedHeaders, expires] = REQUIRED.map(
    (name) => query.get(name) ?? '',
  ) as [string, string, string, string, string, string];
  if (REQUIRED.some((name) => !query.has(name)))
    wrong(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  if (algorithm !== 'AWS4-HMAC-SHA256')
    wrong('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"');
  const time = parseAmzDate(date);
  if (time === undefined)
    return wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  const scope = scopeOf(credential, date, region);
  return {
    ...scope,
    signedHeaders: signedHeaders.split(';'),
    signature,
    time,
    expiresSeconds: secondsOf(expires),
    sessionToken: query.get('X-Amz-Security-Token') ?? headers['x-amz-security-token'],
    payloadHash: query.get('X-Amz-Content-Sha256') ?? headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  };
}

function scopeOf(
  credential: string,
  amzDateText: string,
  expected: string | undefined,
): Pick<SigningClaim, 'accessKeyId' | 'date' | 'region' | 'service'> {
  const scope = credential.split('/');
  const [accessKeyId = '', date = '', region = '', service = '', end = ''] = scope;
  if (scope.length !== 5 || accessKeyId === '')
    wrongCredential(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  if (!/^\d{8}$/.test(date))
    wrongCredential(
      `incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`,
    );
  if (expected !== undefined && region !== expected)
    wrongCredential(`the region '${region}' is wrong; expecting '${expected}'`, expected);
  if (service !== 's3') wrongCredential(`incorrect service "${service}". This endpoint belongs to "s3".`);
  if (end !== 'aws4_request')
    wrongCredential(`incorrect terminal "${end}". This endpoint uses "aws4_request".`);
  if (amzDateText.slice(0, 8) !== date)
    wrong(
      `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${amzDateText.slice(0, 8)}".`,
    );
  return { accessKeyId, date, region, service };
}

function secondsOf(text: string): number {
  if (!/^-?\d+$/.test(text)) return wrong('X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (seconds < 1) wrong('X-Amz-Expires must be non-negative');
  if (seconds > LONGEST_SECONDS)
    wrong(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${LONGEST_SECONDS} seconds`,
    );
  return seconds;
}

/** Judged before the signature, as S3 does. */
export function checkPresignedTime({ time, expiresSeconds }: PresignedClaim, now: number): void {
  const end = time + expiresSeconds * 1000;
  const [expires, server] = [isoSeconds(end), isoSeconds(now)];
  if (now > end)
    refuseS3('AccessDenied', 'Request has expired', {
      'X-Amz-Expires': expiresSeconds,
      Expires: expires,
      ServerTime: server,
    });
  if (time - now > SKEW_MS)
    refuseS3('AccessDenied', 'Request is not yet valid', {
      // In milliseconds: so S3 writes it.
      'X-Amz-Date': time,
      Expires: expires,
      ServerTime: server,
    });
}

/**
 * Headers that were sent and that the signature does not cover. The hash of the body may be one: the signature says in
 * the query what it is.
 */
export const unsignedOfPresigned = (request: ServiceRequest, claim: PresignedClaim): readonly string[] =>
  unsignedHeaders(request, claim).filter((name) => name !== 'x-amz-content-sha256');

/**
 * The request as a header's signature would have sent it: what signers hoist into the query is a header again. All but
 * checksums of the body, which S3 does not look at there: a signer knows no body, and that of the JavaScript SDK writes
 * the checksum of an empty one.
 */
export function asSigned(request: ServiceRequest, claim: PresignedClaim): ServiceRequest {
  const query = new URLSearchParams();
  const hoisted: Record<string, string> = {};
  for (const [name, value] of request.query) {
    const lower = name.toLowerCase();
    if (OF_SIGNATURE.has(lower) || isChecksum(lower)) continue;
    if (lower.startsWith('x-amz-')) hoisted[lower] = value;
    else query.append(name, value);
  }
  const headers = {
    ...hoisted,
    ...request.headers,
    'x-amz-content-sha256': claim.payloadHash,
    'x-amz-date': amzDate(claim.time),
  };
  return { ...request, query, rawQuery: query.toString(), headers };
}

const isChecksum = (name: string): boolean =>
  algorithmOfHeader(name) !== undefined || name === 'x-amz-sdk-checksum-algorithm';
