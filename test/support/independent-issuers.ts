/** OIDC issuers of other projects, behind TLS on loopback: nothing in their keys, tokens and documents is written by this repository. */

import { generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Emulator } from '@credex/testing/emulator';
import type { MutableToken } from 'oauth2-mock-server';
import { OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server';
import type { JWKS } from 'oidc-provider';
import { Provider } from 'oidc-provider';

export type Json = Readonly<Record<string, unknown>>;
export type PrivateJwk = JsonWebKey & { readonly kid?: string; readonly alg?: string };

const KEYS_PATH = '/.well-known/jwks';

/** A TLS server whose requests are counted and whose handler can be replaced. */
export interface TlsServer {
  readonly origin: string;
  handle: RequestListener | ((...by: Parameters<RequestListener>) => Promise<void>);
  /** How many requests there were whose path ends so. */
  count(end: string): number;
  close(): Promise<void>;
}

export async function startTlsServer(tls: Emulator['serverCertificate']): Promise<TlsServer> {
  const paths: string[] = [];
  const server = createServer(tls, (message, response) => {
    paths.push(message.url ?? '');
    Promise.resolve(started.handle(message, response)).catch((error: unknown) =>
      response.destroy(error as Error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const started: TlsServer = {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handle: (_, response) => void response.writeHead(503).end(),
    count: (end) => paths.filter((path) => path.endsWith(end)).length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return started;
}

/** A JSON document by GET, or by POST of a form. */
export function fetchJson(
  url: string,
  ca: string,
  form?: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  return new Promise((resolve, reject) => {
    const call = request(url, { ca, method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += String(chunk)));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text) as Record<string, unknown>);
        else reject(new Error(`${url} answered with status ${response.statusCode}: ${text}`));
      });
    });
    call.on('error', reject).end(body);
  });
}

/** RSA keys name no algorithm: one key signs by all six. */
export function privateJwk(kind: 'rsa' | 'ed25519' | 'P-256' | 'P-384' | 'P-521', kid?: string): PrivateJwk {
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: kind });
  return { ...pair.privateKey.export({ format: 'jwk' }), use: 'sig', ...(kid === undefined ? {} : { kid }) };
}

/** What a token of a Vercel deployment says beyond the claims that every issuer writes. */
export const deploymentClaims = (claims: Json = {}): Json => ({
  aud: 'https://orders.acme.example',
  sub: 'owner:acme:project:shop:environment:production',
  scope: 'owner:acme:project:shop:environment:production',
  owner: 'acme',
  owner_id: 'team_acme',
  project: 'shop',
  project_id: 'prj_shop',
  environment: 'production',
  plan: 'pro',
  ...claims,
});

export interface OidcProviderIssuer {
  readonly issuer: string;
  /** Publishes these keys, and signs with one of them. */
  publish(keys: readonly PrivateJwk[]): void;
  /** An access token of the client credentials grant. `secret`: the key of an HMAC. */
  token(sign: {
    readonly alg: string;
    readonly kid?: string;
    readonly secret?: string;
    readonly header?: Json;
    readonly claims?: Json;
  }): Promise<string>;
}

/** `oidc-provider` as the issuer of the team `acme`. A new instance takes the place of the last where keys change. */
export function oidcProviderIssuer(server: TlsServer, ca: string): OidcProviderIssuer {
  const issuer = `${server.origin}/acme`;
  let next: Parameters<OidcProviderIssuer['token']>[0] = { alg: 'RS256' };
  const configuration = {
    clients: [
      {
        client_id: 'shop',
        client_secret: 'a-secret-of-this-test-alone',
        token_endpoint_auth_method: 'client_secret_post' as const,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    routes: { jwks: KEYS_PATH },
    ttl: { ClientCredentials: 20 * 3600 },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: '',
          accessTokenFormat: 'jwt' as const,
          accessTokenTTL: 20 * 3600,
          jwt: {
            sign:
              next.secret === undefined
                ? { alg: next.alg as 'RS256', ...(next.kid === undefined ? {} : { kid: next.kid }) }
                : { alg: next.alg as 'HS256', key: Buffer.from(next.secret), kid: next.kid ?? '' },
          },
        }),
      },
    },
    formats: {
      customizers: {
        jwt(_: unknown, __: unknown, token: { header?: object | undefined; payload: object }) {
          // Its access tokens are `at+jwt` (RFC 9068), which no deployment sends.
          token.header = { typ: 'JWT', ...next.header };
          Object.assign(token.payload, deploymentClaims(next.claims));
        },
      },
    },
  };
  return {
    issuer,
    publish(keys) {
      const provider = new Provider(issuer, {
        ...configuration,
        jwks: { keys } as JWKS,
      });
      const handle = provider.callback();
      server.handle = (message, response) => {
        // Mounted at the team's path, as its documentation says.
        Object.assign(message, { originalUrl: message.url, url: message.url?.slice('/acme'.length) });
        return handle(message, response);
      };
    },
    async token(sign) {
      next = sign;
      const form = {
        grant_type: 'client_credentials',
        client_id: 'shop',
        client_secret: 'a-secret-of-this-test-alone',
        resource: 'https://orders.acme.example',
      };
      return String((await fetchJson(`${issuer}/token`, ca, form))['access_token']);
    },
  };
}

export interface MockServerIssuer {
  readonly issuer: string;
  readonly service: OAuth2Service;
  /** A token of the client credentials grant. Keys sign in turn; `edit` changes what is signed. */
  token(edit?: (token: MutableToken) => void): Promise<string>;
}

/** `oauth2-mock-server`, whose issuer is an origin. Its keys are where it puts them by default, not where Vercel's are. */
export function mockServerIssuer(server: TlsServer, ca: string): MockServerIssuer {
  const oauth2 = new OAuth2Issuer();
  oauth2.url = server.origin;
  const service = new OAuth2Service(oauth2);
  server.handle = service.requestHandler;
  return {
    issuer: server.origin,
    service,
    async token(edit) {
      service.once('beforeTokenSigning', (token: MutableToken) => {
        Object.assign(token.payload, deploymentClaims());
        edit?.(token);
      });
      const form = { grant_type: 'client_credentials' };
      return String((await fetchJson(`${server.origin}/token`, ca, form))['access_token']);
    },
  };
}
