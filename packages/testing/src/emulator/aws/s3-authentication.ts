import type { ServiceRequest } from '../service.js';
import { refuseS3 } from './s3-answers.js';
import { checkPayloadClaim } from './s3-payload.js';
import type { Caller, SessionStore } from './sessions.js';
import {
  amzDate,
  parseAmzDate,
  parseAuthorization,
  signatureHolds,
  unsignedHeaders,
  type SigningClaim,
} from './sigv4.js';

const SKEW_MS = 15 * 60_000;

const malformed = (problem: string, region?: string): never =>
  refuseS3(
    'AuthorizationHeaderMalformed',
    400,
    `The authorization header is malformed; ${problem}`,
    region === undefined ? [] : [['Region', region]],
    region === undefined ? {} : { 'x-amz-bucket-region': region },
  );

/** Who signed a request to S3. The order is S3's own: scope, unsigned headers, token, key, signature. */
export async function authenticateS3(
  request: ServiceRequest,
  region: string | undefined,
  sessions: SessionStore,
  now: number,
): Promise<Caller> {
  const header = request.headers['authorization'];
  const claim = parseAuthorization(header);
  if (claim === undefined) {
    if (request.query.has('X-Amz-Signature')) {
      refuseS3('NotImplemented', 501, 'Signatures in the query are not implemented.');
    }
    return refuseS3('AccessDenied', 403, 'Access Denied');
  }
  if (!header?.startsWith('AWS4-HMAC-SHA256')) {
    return refuseS3('InvalidArgument', 400, 'Unsupported Authorization Type', [
      ['ArgumentName', 'Authorization'],
    ]);
  }
  if ('missing' in claim) return malformed(`the ${claim.missing} is mal-formed or missing.`);
  if (region !== undefined && claim.region !== region) {
    malformed(`the region '${claim.region}' is wrong; expecting '${region}'`, region);
  }
  if (claim.service !== 's3') {
    malformed(`incorrect service "${claim.service}". This endpoint belongs to "s3".`);
  }
  const unsigned = unsignedHeaders(request, claim);
  if (unsigned.length > 0) {
    refuseS3('AccessDenied', 403, 'There were headers present in the request which were not signed', [
      ['HeadersNotSigned', unsigned.join(', ')],
    ]);
  }
  const time = checkedTime(request, claim, now);
  const found = findCaller(claim, request.headers['x-amz-security-token'], sessions);
  const payloadHash = checkPayloadClaim(request.headers['x-amz-content-sha256']);
  const holds = await signatureHolds(request, claim, found.secretAccessKey, {
    time,
    payloadHash,
    escapePath: false,
  });
  if (!holds) {
    refuseS3(
      'SignatureDoesNotMatch',
      403,
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      [
        ['AWSAccessKeyId', claim.accessKeyId],
        ['SignatureProvided', claim.signature],
      ],
    );
  }
  return found.caller;
}

function checkedTime(request: ServiceRequest, claim: SigningClaim, now: number): number {
  const text = request.headers['x-amz-date'];
  const time = parseAmzDate(text);
  if (time === undefined) {
    return refuseS3('AccessDenied', 403, 'AWS authentication requires a valid Date or x-amz-date header');
  }
  if (text?.slice(0, 8) !== claim.date) {
    malformed(
      `Invalid credential date "${claim.date}". This date is not the same as X-Amz-Date: "${text?.slice(0, 8)}".`,
    );
  }
  if (Math.abs(time - now) > SKEW_MS) {
    refuseS3(
      'RequestTimeTooSkewed',
      403,
      'The difference between the request time and the current time is too large.',
      [
        ['RequestTime', amzDate(time)],
        ['ServerTime', new Date(now).toISOString().replace(/\.\d{3}/, '')],
        ['MaxAllowedSkewMilliseconds', SKEW_MS],
      ],
    );
  }
  return time;
}

export const invalidAccessKey = (accessKeyId: string): never =>
  refuseS3('InvalidAccessKeyId', 403, 'The AWS Access Key Id you provided does not exist in our records.', [
    ['AWSAccessKeyId', accessKeyId],
  ]);

function findCaller({ accessKeyId }: SigningClaim, token: string | undefined, sessions: SessionStore) {
  if (token !== undefined && token !== '' && !sessions.knowsToken(token)) {
    refuseS3('InvalidToken', 400, 'The provided token is malformed or otherwise invalid.', [
      ['Token-0', token],
    ]);
  }
  const found = sessions.find(accessKeyId, token);
  if (found === 'expired') {
    return refuseS3('ExpiredToken', 400, 'The provided token has expired.', [['Token-0', token ?? '']]);
  }
  return found === 'invalid' ? invalidAccessKey(accessKeyId) : found;
}
