/**
 * Issues tokens of the seed's projects: the response of `GET /{project}/{environment}` is one, as text. They are valid in this
 * emulator only. The host must be a loopback address or localhost, so that no web page can reach the server by another name.
 */

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Emulator, SeedProject } from '@credex/testing/emulator';

export interface TokenServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startTokenServer(
  { issuer }: Emulator,
  projects: readonly SeedProject[],
  port: number | undefined,
): Promise<TokenServer> {
  async function answer({ method, url = '/', headers }: IncomingMessage): Promise<readonly [number, string]> {
    const { host = '', origin } = headers;
    if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host) || origin !== undefined)
      return [403, 'This server answers programs of this machine alone.\n'];
    if (method !== 'GET') return [405, 'Ask by GET.\n'];
    const [, name, environment] = /^\/([A-Za-z0-9._-]+)\/([A-Za-z0-9_-]+)$/.exec(url) ?? [];
    const found = projects.find(
      ({ project, environments }) =>
        project === name && (environments === undefined || environments.includes(environment ?? '')),
    );
    if (found === undefined || environment === undefined)
      return [
        404,
        `Ask for /PROJECT/ENVIRONMENT; projects of the seed: ${projects.map(({ project }) => project).join(', ')}\n`,
      ];
    const { team, teamId, project, projectId, issuerMode, audience } = found;
    return [200, await issuer.mint({ team, teamId, project, projectId, issuerMode, audience, environment })];
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void answer(request).then(([status, text]) => {
      response.writeHead(status, {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
      response.end(text);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
