/** Requests as bytes: what no well-behaved client would send. */

import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface WireAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WireRequest {
  readonly method?: string;
  readonly path?: string;
  /** Header lines, as they are; Host is added. */
  readonly lines?: readonly string[];
  readonly body?: string;
}

export function requestText({ method = 'GET', path = '/', lines = [], body = '' }: WireRequest): string {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  return [`${method} ${path} HTTP/1.1`, 'Host: api', ...lines, ...length, '', body].join('\r\n');
}

/** Sends the requests at once on one connection, the last one to close it; their answers, in order. */
export async function exchange(port: number, ...requests: readonly WireRequest[]): Promise<WireAnswer[]> {
  const text = requests.map((request, at) =>
    requestText({
      ...request,
      lines: [...(request.lines ?? []), ...(at === requests.length - 1 ? ['Connection: close'] : [])],
    }),
  );
  const { said } = await converse(port, (socket) => socket.write(text.join(''), 'latin1'));
  return answersOf(said);
}

/** All that a server says until it closes the connection. */
export function converse(
  port: number,
  speak: (socket: Socket) => void,
): Promise<{ readonly said: string; readonly sentBytes: number }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      said += chunk;
    });
    // A reset is a way to close: what had been said before is what counts.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ said, sentBytes: socket.bytesWritten }));
    socket.on('connect', () => speak(socket));
  });
}

export function answersOf(said: string): WireAnswer[] {
  return said
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((part) => part !== '')
    .map((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n');
      const [first = '', ...lines] = head.split('\r\n');
      const headers = lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      });
      return {
        status: Number(first.split(' ')[1]),
        headers: Object.fromEntries(headers) as Record<string, string>,
        body: rest.join('\r\n\r\n'),
      };
    });
}
