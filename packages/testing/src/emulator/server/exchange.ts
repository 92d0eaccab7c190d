import { cleanServerText } from '@credex/core/failure';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpDate } from '../runtime.js';
import type { SkewableClock } from '../runtime.js';
import { sendHalf, sendSlowly, sendWhole } from '../faults/delivery.js';
import type { Fault, FaultField } from '../faults/faults.js';
import { readRequest } from './http-request.js';
import type { OpenEntry, RequestRecorder } from './log.js';
import { outcomeOf } from '../faults/outcome.js';
import type { Service, ServiceAnswer, ServiceRequest } from '../service.js';

/** What every listener shares. */
export interface ExchangeParts {
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
