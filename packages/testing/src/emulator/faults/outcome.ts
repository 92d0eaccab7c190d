import { alreadyExpired, withoutField } from './response-edits.js';
import type { SkewableClock } from '../runtime.js';
import type { Fault } from './faults.js';
import type { FaultAnswerKind, Service, ServiceAnswer, ServiceRequest } from '../service.js';

/** What goes over the wire: an answer and how it is sent, or none. */
export type Outcome =
  | { readonly send: 'whole'; readonly answer: ServiceAnswer }
  | { readonly send: 'half'; readonly answer: ServiceAnswer }
  | { readonly send: 'slowly'; readonly answer: ServiceAnswer; readonly tick: () => Promise<unknown> }
  | { readonly send: 'nothing' }
  | { readonly send: 'reset' };

const PORTAL = '<!doctype html><title>Sign in to the network</title><p>Please accept the terms of use';

/** Lets the service answer, with the fault's hand in it. */
export async function outcomeOf(
  service: Service,
  request: ServiceRequest,
  fault: Fault | undefined,
  clock: SkewableClock,
): Promise<Outcome> {
  const judge = async () => service.handle(request);
  switch (fault?.kind) {
    case undefined:
      return { send: 'whole', answer: await judge() };
    case 'status':
      return { send: 'whole', answer: await statusAnswer(service, request, fault) };
    case 'delay':
      await (typeof fault.until === 'function' ? fault.until(request) : fault.until);
      return { send: 'whole', answer: await judge() };
    case 'hang':
      return { send: 'nothing' };
    case 'reset':
      return { send: 'reset' };
    case 'truncate':
      return { send: 'half', answer: await judge() };
    case 'malformed':
      return {
        send: 'whole',
        answer: {
          status: 200,
          headers: { 'content-type': fault.contentType ?? 'text/html; charset=utf-8' },
          body: fault.body ?? PORTAL,
        },
      };
    case 'missing-field':
      return { send: 'whole', answer: withoutField(await judge(), fault.field) };
    case 'throttle': {
      const answer = await ownWords(service, request, 'throttle', undefined);
      const after = fault.retryAfter;
      const headers = { ...answer.headers, ...(after === undefined ? {} : { 'retry-after': String(after) }) };
      return { send: 'whole', answer: { ...answer, headers } };
    }
    case 'already-expired':
      return { send: 'whole', answer: alreadyExpired(await judge(), clock.now()) };
    case 'clock-skew':
      return { send: 'whole', answer: await judge() };
    case 'redirect':
      return {
        send: 'whole',
        answer: { status: fault.status ?? 307, headers: { location: fault.location } },
      };
    case 'slow':
      return { send: 'slowly', answer: await judge(), tick: fault.tick };
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
