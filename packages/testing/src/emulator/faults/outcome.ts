import { alreadyExpired, withoutField } from './response-edits.js';
import type { SkewableClock } from '../runtime.js';
import type { Fault } from './faults.js';
import type { FaultAnswerKind, Service, ServiceAnswer, ServiceRequest } from '../service.js';

const PORTAL = '<!doctype html><title>Sign in to the network</title><p>Please accept the terms of use';

/** Lets the service answer, with the fault's hand in it. `hang` and `reset`: there is no answer. */
export async function outcomeOf(
  service: Service,
  request: ServiceRequest,
  fault: Fault | undefined,
  clock: SkewableClock,
): Promise<ServiceAnswer | 'hang' | 'reset'> {
  switch (fault?.kind) {
    case 'hang':
    case 'reset':
      return fault.kind;
    case 'status':
      return statusAnswer(service, request, fault);
    case 'malformed':
      return {
        status: 200,
        headers: { 'content-type': fault.contentType ?? 'text/html; charset=utf-8' },
        body: fault.body ?? PORTAL,
      };
    case 'throttle': {
      const answer = await ownWords(service, request, 'throttle', undefined);
      const after = fault.retryAfter;
      const headers = { ...answer.headers, ...(after === undefined ? {} : { 'retry-after': String(after) }) };
      return { ...answer, headers };
    }
    case 'redirect':
      return { status: fault.status ?? 307, headers: { location: fault.location } };
    case 'missing-field':
      return withoutField(await service.handle(request), fault.field);
    case 'already-expired':
      return alreadyExpired(await service.handle(request), clock.now());
    case 'delay':
      await (typeof fault.until === 'function' ? fault.until(request) : fault.until);
      return service.handle(request);
    // The others are in the clock, and in how the answer is sent.
    default:
      return service.handle(request);
  }
}

async function statusAnswer(
  service: Service,
  request: ServiceRequest,
  fault: Extract<Fault, { kind: 'status' }>,
): Promise<ServiceAnswer> {
  const { status, body } = fault;
  const answer = body === undefined ? await ownWords(service, request, 'status', status) : { status, body };
  return { ...answer, status, headers: { ...answer.headers, ...fault.headers } };
}

async function ownWords(
  service: Service,
  request: ServiceRequest,
  kind: FaultAnswerKind,
  status: number | undefined,
): Promise<ServiceAnswer> {
  if (service.faultAnswer !== undefined) return service.faultAnswer(kind, request, status);
  return {
    status: status ?? 429,
    headers: { 'content-type': 'text/plain' },
    body: kind === 'throttle' ? 'Too Many Requests' : `Status ${status}`,
  };
}
