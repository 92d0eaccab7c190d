/**
 * Names of the outside that lead to the emulator: the name is in SNI, in the certificate and in the Host header,
 * as it would be outside; only the address is another.
 */

import { Agent, request } from 'node:https';
import type { AgentOptions } from 'node:https';
import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import type { Fetch } from '@credex/core';
import type { Emulator, ServiceName } from '@credex/testing/emulator';

/** An agent whose every connection ends at one service of the emulator. */
export function routedAgent(emulator: Emulator, service: ServiceName): Agent {
  const port = Number(new URL(emulator.tlsUrl(service)).port);
  return new RoutedAgent({ ca: emulator.ca }, port);
}

class RoutedAgent extends Agent {
  readonly #port: number;

  constructor(options: AgentOptions, port: number) {
    super(options);
    this.#port = port;
  }

  override createConnection(options: ConnectionOptions): ReturnType<typeof connect> {
    return connect({ ...options, path: undefined, host: '127.0.0.1', port: this.#port });
  }
}

/** A fetch whose every request ends there. */
export function routedFetch(emulator: Emulator, service: ServiceName): Fetch {
  const agent = routedAgent(emulator, service);
  return (input, { method = 'GET', headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const url = new URL(input);
      const given = Object.fromEntries(new Headers(headers));
      const options = {
        method,
        headers: given,
        agent,
        servername: url.hostname,
        ...(signal ? { signal } : {}),
      };
      const sent = request(url, options, (message) => {
        const chunks: Buffer[] = [];
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.on('error', reject);
        message.on('end', () => {
          const answered = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
            values.map((value): [string, string] => [name, value]),
          );
          resolve(
            new Response(Buffer.concat(chunks), { status: message.statusCode ?? 0, headers: answered }),
          );
        });
      });
      sent.on('error', reject);
      sent.end(body as string | undefined);
    });
}
