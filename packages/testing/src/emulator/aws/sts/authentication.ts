import { createHash } from 'node:crypto';
import type { ServiceRequest } from '../../service.js';
import type { Place } from '../partitions.js';
import type { Caller, SessionStore } from '../sessions.js';
import { amzDate, parseAmzDate, parseAuthorization, signatureHolds, unsignedHeaders } from '../sigv4.js';
import { refuse } from './responses.js';

/** How far a request's time may be off, either way, in minutes: what AWS documents for Signature Version 4. */
const SKEW_MINUTES = 5;

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** Who signed a request to STS. The order of the checks is AWS's own: scope, key and token, time, signature. */
export async function authenticateSts(
  request: ServiceRequest,
  place: Place | undefined,
  sessions: SessionStore,
  now: number,
): Promise<Caller> {
  const claim = parseAuthorization(request.headers['authorization']);
  if (claim === undefined) {
    return refuse('MissingAuthenticationToken', 403, 'Request is missing Authentication Token');
  }
  if ('missing' in claim) {
    return refuse('IncompleteSignature', 400, `Authorization header requires '${claim.missing}' parameter.`);
  }
  const scope = [
    place !== undefined && claim.region !== place.region
      ? 'Credential should be scoped to a valid region. '
      : '',
    claim.service === 'sts' ? '' : "Credential should be scoped to correct service: 'sts'. ",
  ].join('');
  if (scope !== '') refuse('SignatureDoesNotMatch', 403, scope);

  const found = sessions.find(claim.accessKeyId, request.headers['x-amz-security-token']);
  if (found === 'invalid') {
    return refuse('InvalidClientTokenId', 403, 'The security token included in the request is invalid.');
  }
  if (found === 'expired') {
    return refuse('ExpiredToken', 403, 'The security token included in the request is expired');
  }

  const time = parseAmzDate(request.headers['x-amz-date']);
  if (time === undefined || amzDate(time).slice(0, 8) !== claim.date) {
    return refuse(
      'IncompleteSignature',
      400,
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  checkTime(time, now);
  const unsigned = unsignedHeaders(request, claim);
  if (unsigned.length > 0) {
    refuse(
      'SignatureDoesNotMatch',
      403,
      `'${unsigned[0]}' must be a 'SignedHeader' in the AWS Authorization header.`,
    );
  }
  const payloadHash = createHash('sha256').update(request.body).digest('hex');
  const said = request.headers['x-amz-content-sha256'];
  const holds =
    (said === undefined || said === payloadHash) &&
    (await signatureHolds(request, claim, found.secretAccessKey, { time, payloadHash, escapePath: true }));
  if (!holds) refuse('SignatureDoesNotMatch', 403, MISMATCH);
  return found.caller;
}

function checkTime(time: number, now: number): void {
  const allowed = SKEW_MINUTES * 60_000;
  const [sent, received] = [amzDate(time), amzDate(now)];
  if (time < now - allowed) {
    const edge = amzDate(now - allowed);
    refuse(
      'SignatureDoesNotMatch',
      403,
      `Signature expired: ${sent} is now earlier than ${edge} (${received} - ${SKEW_MINUTES} min.)`,
    );
  }
  if (time > now + allowed) {
    const edge = amzDate(now + allowed);
    refuse(
      'SignatureDoesNotMatch',
      403,
      `Signature not yet current: ${sent} is still later than ${edge} (${received} + ${SKEW_MINUTES} min.)`,
    );
  }
}
