/** Google's two token services on a real socket of this machine, as far as an exchange needs them. */

import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CredentialCache } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import type { ExchangeContext } from '@credex/core/driver';
import { readSubjectToken, sendByFetch } from '@credex/core/driver';
import type { GcpCredentialsProviderOptions } from './gcp-credentials-provider.js';

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

export interface PlannedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string as it is, anything else as JSON. */
  readonly body?: unknown;
}

type Answer = PlannedAnswer | 'hang up' | 'never';
export type Answering = (request: SeenRequest, count: number) => Answer | Promise<Answer>;

export interface Google {
  readonly origin: string;
  readonly seen: SeenRequest[];
  of(path: string): SeenRequest[];
  /** What is answered from now on; `count`: how many requests of this kind there were before. */
  plan: { sts: Answering; impersonation: Answering; other: Answering };
  close(): Promise<void>;
}

export async function startGoogle(): Promise<Google> {
  const seen: SeenRequest[] = [];
  const counts = new Map<string, number>();
  const plan: Google['plan'] = {
    sts: stsAnswer,
    impersonation: impersonationAnswer,
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
      void Promise.resolve(plan[kind](request, count)).then((answer) => {
        if (answer === 'never') return;
        if (answer === 'hang up') {
          incoming.socket.destroy();
          return;
        }
        const { status = 200, headers = {}, body = {} } = answer;
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

export const stsAnswer: Answering = (_request, count) => ({
  body: {
    access_token: `federated-${count}`,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3599,
  },
});

const impersonationAnswer: Answering = (_request, count) => ({
  body: { accessToken: `ya29.service-${count}`, expireTime: new Date(Date.now() + 3_600_000).toISOString() },
});

/** A token that nobody signed: only a cloud verifies. */
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

/** Options against that server, with a cache of their own. */
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

/** A context as core makes it, without core's retries: what an exchange does by itself shows. */
export function contextOf(
  jwt: string = subjectJwt(),
  fetch: typeof globalThis.fetch = globalThis.fetch,
): ExchangeContext {
  const { signal } = new AbortController();
  return {
    signal,
    subject: async () => readSubjectToken(jwt),
    step: async (_host, run) => run(signal),
    post: (url, init) => sendByFetch(fetch, 'gcp', url, { signal, ...init }),
  };
}
