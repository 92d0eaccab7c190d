import { cleanServerText } from '@credex/core/failure';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpDate, type SkewableClock } from '../runtime.js';
import type { Fault, FaultField } from '../faults/faults.js';
import type { OpenEntry, RequestRecorder } from './log.js';
import { outcomeOf } from '../faults/outcome.js';
import type { Service, ServiceAnswer, ServiceRequest } from '../service.js';

interface ReadRequest {
  readonly request: ServiceRequest;
  /** The body was longer than `maxBodyBytes` and is left out. */
  readonly tooLarge: boolean;
}

/** The request as services see it. Rejects where the client hangs up before its end. */
async function readRequest(
  message: IncomingMessage,
  secure: boolean,
  maxBodyBytes: number,
): Promise<ReadRequest> {
  const body = await readBody(message, maxBodyBytes);
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1);
  // Not `message.headers`: that drops what is repeated, and a signature covers it.
  const headers = Object.fromEntries(
    Object.entries(message.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
  );
  const request: ServiceRequest = {
    method: message.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers,
    host: headers['host'] ?? '',
    secure,
    remoteAddress: message.socket.remoteAddress?.replace(/^::ffff:/, ''),
    body: body ?? new Uint8Array(),
  };
  return { request, tooLarge: body === undefined };
}

async function readBody(message: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // The connection outlives the loop: the refusal has still to be sent over it.
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) {
      message.resume();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Puts an answer on the wire, whole. `date` is the Date header unless the service stamped its own. */
function sendWhole(response: ServerResponse, answer: ServiceAnswer, date: string): void {
  response.end(open(response, answer, date));
}

/** Declares the whole body, sends half of it (of no body: one byte less than declared) and hangs up. */
function sendHalf(response: ServerResponse, answer: ServiceAnswer, date: string): void {
  const body = open(response, answer, date, 1);
  response.write(body.subarray(0, body.byteLength >> 1), () => response.socket?.end());
  response.flushHeaders();
}

/** A byte for each `tick()`; stops where the client hangs up. */
async function sendSlowly(
  response: ServerResponse,
  answer: ServiceAnswer,
  date: string,
  tick: () => Promise<unknown>,
): Promise<void> {
  const body = open(response, answer, date);
  response.flushHeaders();
  for (let at = 0; at < body.byteLength; at += 1) {
    await tick();
    if (response.destroyed) return;
    response.write(body.subarray(at, at + 1));
  }
  response.end();
}

function open(response: ServerResponse, answer: ServiceAnswer, date: string, leastLength = 0): Uint8Array {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : (answer.body ?? new Uint8Array());
  response.statusCode = answer.status;
  // Node would stamp the machine's time.
  response.sendDate = false;
  response.setHeader('date', date);
  const bodiless = answer.status === 204 || answer.status === 304;
  if (!bodiless) response.setHeader('content-length', Math.max(body.byteLength, leastLength));
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  return body;
}

/** What every listener shares. */
interface ExchangeParts {
  readonly clock: SkewableClock;
  readonly faults: FaultField;
  readonly recorder: RequestRecorder;
  readonly maxBodyBytes: number;
}

/** How a listener resets a connection: below TLS, where only it can reach. */
export type Reset = (message: IncomingMessage) => void;

/** One request of one service, from its first byte to its answer's last. Never rejects. */
export async function exchange(
  parts: ExchangeParts,
  service: Service,
  secure: boolean,
  message: IncomingMessage,
  response: ServerResponse,
  reset: Reset,
): Promise<void> {
  const { clock, faults, recorder, maxBodyBytes } = parts;
  let entry: OpenEntry | undefined;
  try {
    const { request, tooLarge } = await readRequest(message, secure, maxBodyBytes);
    if (tooLarge) {
      const answer = refusedBody(maxBodyBytes);
      recorder.open(service.name, request, undefined).close(answer.status, answer.log);
      sendWhole(response, answer, httpDate(clock.now()));
      return;
    }
    const fault = faults.strike(service.name, request);
    entry = recorder.open(service.name, request, fault?.kind);
    const { close } = entry;
    await clock.skewedBy(fault?.kind === 'clock-skew' ? fault.ms : 0, () =>
      answerAndSend(parts, service, request, fault, response, close, () => reset(message)),
    );
  } catch (error) {
    if (message.socket.destroyed) return; // The client went away; there is no one to tell.
    const answer = failure(error);
    entry?.close(answer.status, answer.log);
    if (response.headersSent) response.destroy();
    else sendWhole(response, answer, httpDate(clock.now()));
  }
}

async function answerAndSend(
  { clock }: ExchangeParts,
  service: Service,
  request: ServiceRequest,
  fault: Fault | undefined,
  response: ServerResponse,
  close: OpenEntry['close'],
  reset: () => void,
): Promise<void> {
  const answer = await outcomeOf(service, request, fault, clock);
  if (answer === 'hang') return;
  if (answer === 'reset') return reset();
  // Closed before it is sent: who has the answer finds it in the log.
  close(answer.status, answer.log);
  const date = httpDate(clock.now());
  if (fault?.kind === 'truncate') sendHalf(response, answer, date);
  else if (fault?.kind === 'slow') await sendSlowly(response, answer, date, fault.tick);
  else sendWhole(response, answer, date);
}

const refusedBody = (limit: number): ServiceAnswer => ({
  status: 413,
  headers: { 'content-type': 'text/plain', connection: 'close' },
  body: `The emulator takes bodies of up to ${limit} bytes (maxBodyBytes).`,
  log: { refused: 'body longer than maxBodyBytes' },
});

/** A mistake in the emulator or in a planted fault: loud, and no cloud's words, so that no test takes it for one. */
function failure(error: unknown): ServiceAnswer {
  const said = error instanceof Error ? `${error.name}: ${cleanServerText(error.message)}` : 'unknown error';
  return {
    status: 500,
    headers: { 'content-type': 'text/plain', 'x-emulator-error': said.replace(/[^ -~]/g, '?') },
    body: `The emulator failed: ${said}`,
    log: { emulatorError: said },
  };
}
