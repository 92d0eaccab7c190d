/** A fake of Google's two token services on a loopback socket. */

import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CredentialCache } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import type { ExchangeContext } from '@credex/core/internal';
import { transportOf } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import type { GcpCredentialsProviderOptions } from './options.js';

export const STS_PATH = '/v1/token';
export const EMAIL = 'app@my-project.iam.gserviceaccount.com';
export const SUB = 'owner:acme:project:shop:environment:production';
export const AUDIENCE =
  '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/providers/vercel-oidc';
export const NAMES = {
  projectNumber: '123456789012',
  workloadIdentityPoolId: 'vercel',
  workloadIdentityPoolProviderId: 'vercel-oidc',
} as const;

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface PlannedResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent unchanged, any other value as JSON. */
  readonly body?: unknown;
}

type FakeResponse = PlannedResponse | 'hang up' | 'never';
export type Responder = (request: SeenRequest, count: number) => FakeResponse | Promise<FakeResponse>;

export interface Google {
  readonly origin: string;
  readonly seen: SeenRequest[];
  of(path: string): SeenRequest[];
  /** The responses from now on. `count` is the number of earlier requests of the same kind. */
  plan: { sts: Responder; impersonation: Responder; other: Responder };
  close(): Promise<void>;
}

export async function startGoogle(): Promise<Google> {
  const seen: SeenRequest[] = [];
  const counts = new Map<string, number>();
  const plan: Google['plan'] = {
    sts: stsResponse,
    impersonation: impersonationResponse,
    other: () => ({ body: {} }),
  };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const path = incoming.url ?? '';
      const request: SeenRequest = {
        method: incoming.method ?? '',
        path,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(request);
      const kind =
        path === STS_PATH ? 'sts' : path.endsWith(':generateAccessToken') ? 'impersonation' : 'other';
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      void Promise.resolve(plan[kind](request, count)).then((planned) => {
        if (planned === 'never') return;
        if (planned === 'hang up') {
          incoming.socket.destroy();
          return;
        }
        const { status = 200, headers = {}, body = {} } = planned;
        outgoing.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
        outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    of: (path) => seen.filter((request) => request.path === path),
    plan,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const stsResponse: Responder = (_request, count) => ({
  body: {
    access_token: `federated-${count}`,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3599,
  },
});

const impersonationResponse: Responder = (_request, count) => ({
  body: { accessToken: `ya29.service-${count}`, expireTime: new Date(Date.now() + 3_600_000).toISOString() },
});

/** A token without a valid signature, because nothing here verifies it. */
export function subjectJwt(claims: Readonly<Record<string, unknown>> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: 'https://oidc.vercel.com/acme',
    aud: 'https://vercel.com/acme',
    sub: SUB,
    iat: now,
    exp: now + 3600,
    ...claims,
  };
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', kid: 'k1' })}.${part(all)}.c2lnbmF0dXJlLW9mLXRoZS1zdWJqZWN0`;
}

/** Options that point to that server, with a separate cache. */
export function optionsFor(
  google: Google,
  more: GcpCredentialsProviderOptions = {},
  cache: CredentialCache = createCredentialCache(),
): GcpCredentialsProviderOptions {
  const jwt = subjectJwt();
  return {
    ...NAMES,
    stsEndpoint: google.origin,
    iamCredentialsEndpoint: google.origin,
    allowLoopbackHttp: true,
    tokenSource: () => jwt,
    cache,
    ...more,
  };
}

/** A context like core's, but without retries, so that a test sees what the exchange itself does. */
export function contextOf(
  jwt: string = subjectJwt(),
  fetch: typeof globalThis.fetch = globalThis.fetch,
): ExchangeContext {
  const { signal } = new AbortController();
  return {
    signal,
    subject: async () => readSubjectToken(jwt),
    step: async (_host, run) => run(signal),
    post: (url, init) => transportOf(fetch)('gcp', url, { signal, ...init }),
  };
}
