import { isoSeconds, type SkewableClock } from '../runtime.js';
import type { Fault } from './faults.js';
import type { FaultAnswerKind, Service, ServiceAnswer, ServiceRequest } from '../service.js';

/** A planted fault that this answer gives no hold: the test's mistake, and it must show. */
export class FaultMisfit extends Error {
  override readonly name = 'FaultMisfit';
}

const isGood = (answer: ServiceAnswer) => answer.status >= 200 && answer.status < 300;

const textOf = (body: ServiceAnswer['body']): string =>
  typeof body === 'string' ? body : new TextDecoder().decode(body);

/** The good answer without the JSON members or XML elements of that name. A refusal stays as it is. */
export function withoutField(answer: ServiceAnswer, field: string): ServiceAnswer {
  return edited(answer, new RegExp(`^${escaped(field)}$`), `'${field}'`, () => undefined);
}

/** Names under which the parties say when something ends, as spans of seconds or as instants. */
const ENDS = /^(?:expires_in|ext_expires_in|refresh_in|expiry|expires_on|expireTime|Expiration)$/;

/** The good answer, but ended: spans become 0, instants become a minute before `now` (epoch milliseconds). */
export function alreadyExpired(answer: ServiceAnswer, now: number): ServiceAnswer {
  const past = now - 60_000;
  return edited(answer, ENDS, 'that says when it ends', (name, old) => {
    const epochSeconds = name === 'expiry' || name === 'expires_on';
    const value = epochSeconds ? Math.floor(past / 1000) : name.endsWith('_in') ? 0 : isoSeconds(past);
    return typeof old === 'string' ? String(value) : value;
  });
}

type Edit = (name: string, old: unknown) => string | number | undefined;

function edited(answer: ServiceAnswer, names: RegExp, what: string, edit: Edit): ServiceAnswer {
  if (!isGood(answer)) return answer;
  const text = textOf(answer.body);
  const result = /^\s*[[{]/.test(text) ? editJson(text, names, edit) : editXml(text, names, edit);
  if (result === text) throw new FaultMisfit(`The planted fault found no field ${what} in this answer.`);
  // A length that the service declared was that of the whole body.
  const { 'content-length': _, ...headers } = answer.headers ?? {};
  return { ...answer, headers, body: result };
}

function editJson(text: string, names: RegExp, edit: Edit): string {
  let found = false;
  const value: unknown = JSON.parse(text, (name, old: unknown) => {
    if (!names.test(name)) return old;
    found = true;
    return edit(name, old);
  });
  return found ? JSON.stringify(value) : text;
}

/** The parties' XML is flat where it matters: an element of text, or one without children of the same name. */
function editXml(text: string, names: RegExp, edit: Edit): string {
  return [...new Set([...text.matchAll(/<([A-Za-z][\w.-]*)/g)].map(([, name]) => name as string))]
    .filter((name) => names.test(name))
    .reduce((xml, name) => {
      const element = new RegExp(`<${escaped(name)}(?:\\s[^>]*)?(?:/>|>([^]*?)</${escaped(name)}\\s*>)`, 'g');
      return xml.replace(element, (_, inner: string | undefined) => {
        const value = edit(name, inner ?? '');
        return value === undefined ? '' : `<${name}>${String(value)}</${name}>`;
      });
    }, text);
}

const escaped = (literal: string): string => literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

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
