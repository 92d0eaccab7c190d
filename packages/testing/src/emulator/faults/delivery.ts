import type { ServerResponse } from 'node:http';
import type { ServiceAnswer } from '../service.js';

/** Puts an answer on the wire, whole. `date` is the Date header unless the service stamped its own. */
export function sendWhole(response: ServerResponse, answer: ServiceAnswer, date: string): void {
  response.end(open(response, answer, date));
}

/** Declares the whole body, sends half of it (of no body: one byte less than declared) and hangs up. */
export function sendHalf(response: ServerResponse, answer: ServiceAnswer, date: string): void {
  const body = open(response, answer, date, 1);
  response.write(body.subarray(0, body.byteLength >> 1), () => response.socket?.end());
  response.flushHeaders();
}

/** A byte for each `tick()`; stops where the client hangs up. */
export async function sendSlowly(
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
