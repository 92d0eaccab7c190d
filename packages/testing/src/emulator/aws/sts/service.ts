import { formOf } from '../../request-content.js';
import type { Service, ServiceAnswer, ServiceRequest, EmulatorRuntime } from '../../service.js';
import type { StsOutcome, StsScene } from './common.js';
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.js';
import { assumeRole } from './assume-role.js';
import { requestId as newRequestId } from '../identifiers.js';
import type { IdentityStore } from '../iam/identity-store.js';
import { stsPlace, type Place } from '../partitions.js';
import { callerAccount, callerArn, callerUserId, type Caller, type SessionStore } from '../sessions.js';
import {
  noActionAnswer,
  refuse,
  stsAnswer,
  stsErrorAnswer,
  stsFault,
  StsRefusal,
  unknownOperationAnswer,
  withoutTokens,
} from './responses.js';
import { createHash } from 'node:crypto';
import { amzDate, parseAmzDate, parseAuthorization, signatureHolds, unsignedHeaders } from '../sigv4.js';

/** How far a request's time may be off, either way, in minutes: what AWS documents for Signature Version 4. */
const SKEW_MINUTES = 5;

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** Who signed a request to STS. The order of the checks is AWS's own: scope, key and token, time, signature. */
async function authenticateSts(
  request: ServiceRequest,
  place: Place | undefined,
  sessions: SessionStore,
  now: number,
): Promise<Caller> {
  const claim = parseAuthorization(request.headers['authorization']);
  if (claim === undefined) {
    return refuse('MissingAuthenticationToken', 'Request is missing Authentication Token');
  }
  if ('missing' in claim) {
    return refuse('IncompleteSignature', `Authorization header requires '${claim.missing}' parameter.`);
  }
  const scope = [
    place !== undefined && claim.region !== place.region
      ? 'Credential should be scoped to a valid region. '
      : '',
    claim.service === 'sts' ? '' : "Credential should be scoped to correct service: 'sts'. ",
  ].join('');
  if (scope !== '') refuse('SignatureDoesNotMatch', scope);

  const found = sessions.find(claim.accessKeyId, request.headers['x-amz-security-token']);
  if (found === 'invalid') {
    return refuse('InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  if (found === 'expired') {
    return refuse('ExpiredToken', 'The security token included in the request is expired');
  }

  const time = parseAmzDate(request.headers['x-amz-date']);
  if (time === undefined || amzDate(time).slice(0, 8) !== claim.date) {
    return refuse(
      'IncompleteSignature',
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  checkTime(time, now);
  const unsigned = unsignedHeaders(request, claim);
  if (unsigned.length > 0) {
    refuse(
      'SignatureDoesNotMatch',
      `'${unsigned[0]}' must be a 'SignedHeader' in the AWS Authorization header.`,
    );
  }
  const payloadHash = createHash('sha256').update(request.body).digest('hex');
  const said = request.headers['x-amz-content-sha256'];
  const holds =
    (said === undefined || said === payloadHash) &&
    (await signatureHolds(request, claim, found.secretAccessKey, { time, payloadHash, escapePath: true }));
  if (!holds) refuse('SignatureDoesNotMatch', MISMATCH);
  return found.caller;
}

function checkTime(time: number, now: number): void {
  const allowed = SKEW_MINUTES * 60_000;
  const [sent, received] = [amzDate(time), amzDate(now)];
  if (time < now - allowed) {
    const edge = amzDate(now - allowed);
    refuse(
      'SignatureDoesNotMatch',
      `Signature expired: ${sent} is now earlier than ${edge} (${received} - ${SKEW_MINUTES} min.)`,
    );
  }
  if (time > now + allowed) {
    const edge = amzDate(now + allowed);
    refuse(
      'SignatureDoesNotMatch',
      `Signature not yet current: ${sent} is still later than ${edge} (${received} + ${SKEW_MINUTES} min.)`,
    );
  }
}

const VERSION = '2011-06-15';
const ACTIONS = ['AssumeRoleWithWebIdentity', 'AssumeRole', 'GetCallerIdentity'];
/** The size of body that STS's front end takes. */
const MOST_BYTES = 10_000_000;

/** STS's Query API: `POST /` with a form, or the same as a `GET`. */
export function createStsService(
  runtime: EmulatorRuntime,
  identities: IdentityStore,
  sessions: SessionStore,
): Service {
  async function handle(request: ServiceRequest): Promise<ServiceAnswer> {
    const requestId = newRequestId(runtime);
    if (request.body.byteLength > MOST_BYTES) return { status: 413, body: '', log: { verdict: 'too large' } };
    const isGet = request.method === 'GET';
    if (request.path !== '/' || !(isGet || request.method === 'POST'))
      return unknownOperationAnswer(requestId);
    // Without the form's content type STS doesn't look into the body at all.
    const form = isGet ? request.query : formOf(request);
    const action = form?.get('Action') ?? null;
    if (form === undefined || action === null)
      return noActionAnswer(requestId, isGet ? request.rawQuery : '');

    const place = stsPlace(request.host);
    const notes = notesOf(form, action, request, place?.region);
    try {
      const scene: StsScene = {
        runtime,
        identities,
        sessions,
        place,
        secure: request.secure,
        sourceIp: request.remoteAddress,
        userAgent: request.headers['user-agent'],
      };
      const { result, log } = await perform(action, form, request, scene);
      return { ...stsAnswer(action, result, requestId), log: { ...notes, verdict: 'allowed', ...log } };
    } catch (error) {
      if (!(error instanceof StsRefusal)) throw error;
      const answer = stsErrorAnswer(error, requestId);
      return { ...answer, log: { ...notes, ...answer.log } };
    }
  }

  return {
    name: 'aws-sts',
    handle,
    faultAnswer: (kind, _, status) => stsFault(kind, status, newRequestId(runtime)),
  };
}

async function perform(
  action: string,
  form: URLSearchParams,
  request: ServiceRequest,
  scene: StsScene,
): Promise<StsOutcome> {
  const version = form.get('Version') ?? 'NO_VERSION_SPECIFIED';
  if (version !== VERSION || !ACTIONS.includes(action)) {
    refuse('InvalidAction', `Could not find operation ${action} for version ${version}`);
  }
  if (action === 'AssumeRoleWithWebIdentity') return assumeRoleWithWebIdentity(form, scene);
  const caller = await authenticateSts(request, scene.place, scene.sessions, scene.runtime.clock.now());
  return action === 'AssumeRole' ? assumeRole(form, scene, caller) : callerIdentity(caller);
}

const callerIdentity = (caller: Caller): StsOutcome => ({
  result: { Arn: callerArn(caller), UserId: callerUserId(caller), Account: callerAccount(caller) },
  log: { caller: callerArn(caller) },
});

/** What is known before any verdict. Neither token nor key nor signature is among it. */
function notesOf(
  form: URLSearchParams,
  action: string,
  request: ServiceRequest,
  region: string | undefined,
): Record<string, string> {
  const [role, session] = [form.get('RoleArn'), form.get('RoleSessionName')];
  return {
    action: withoutTokens(action),
    ...(role === null ? {} : { role: withoutTokens(role) }),
    ...(session === null ? {} : { session: withoutTokens(session) }),
    ...(region === undefined ? {} : { region }),
    signed: String(request.headers['authorization'] !== undefined),
  };
}
