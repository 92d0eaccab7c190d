/** Upstash's REST interface over a Redis server: what `@upstash/redis` calls. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';

export interface UpstashShim {
  readonly url: string;
  readonly token: string;
  /** From now on every command is refused, with the command in the words, as Upstash does. */
  refuse(): void;
  close(): Promise<void>;
}

type Reply = string | number | null | readonly Reply[];

const TOKEN = 'upstash-test-token';

/** `call`: runs one command on the server. */
export async function startUpstash(
  call: (command: readonly string[]) => Promise<Reply>,
): Promise<UpstashShim> {
  let isRefusing = false;
  const answer = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as
      readonly string[] | readonly (readonly string[])[];
    const isBase64 = request.headers['upstash-encoding'] === 'base64';
    if (request.headers.authorization !== `Bearer ${TOKEN}` || isRefusing)
      return [429, { error: `ERR max daily request limit exceeded, command was: ${JSON.stringify(body)}` }];
    const one = async (command: readonly string[]): Promise<object> => {
      try {
        return { result: encoded(await call(command.map(String)), isBase64) };
      } catch (error) {
        return { error: (error as Error).message };
      }
    };
    if (request.url === '/pipeline')
      return [200, await Promise.all((body as readonly (readonly string[])[]).map(one))];
    const result = await one(body as readonly string[]);
    return ['error' in result ? 400 : 200, result];
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    token: TOKEN,
    refuse() {
      isRefusing = true;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function encoded(reply: Reply, isBase64: boolean): Reply {
  if (!isBase64) return reply;
  if (typeof reply === 'string') return reply === 'OK' ? reply : Buffer.from(reply).toString('base64');
  return Array.isArray(reply) ? reply.map((one: Reply) => encoded(one, true)) : reply;
}
