/** A fake Entra token endpoint, injected as the `httpClient` of `@azure/identity`. */

import type { SubjectTokenSource } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { azureCredentialsProvider } from './azure-credentials-provider.js';
import type { AzureCredentialsProviderOptions } from './options.js';
import type { AzureAbortSignal, AzureCredentialsProvider } from './types.js';
import type { AzureIdentityClientOptions } from './identity.js';
import { azureIdentityExchanger } from './identity.js';

type HttpClient = NonNullable<AzureIdentityClientOptions['httpClient']>;
type Response = Awaited<ReturnType<HttpClient['sendRequest']>>;

export const TENANT = '11111111-2222-3333-4444-555555555555';
export const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
export const NOW = 1_800_000_000_000;
export const GOOD = {
  token_type: 'Bearer',
  expires_in: 3600,
  ext_expires_in: 3600,
  access_token: 'entra-token',
};

/** A token with the claims of a Vercel token. The signature is arbitrary text, because nothing here verifies it. */
export function jwtOf(claims: Readonly<Record<string, unknown>> = {}, signature = 'c2lnbmF0dXJl'): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = {
    iss: 'https://oidc.vercel.com/acme',
    aud: 'https://vercel.com/acme',
    sub: 'owner:acme:project:shop:environment:production',
    owner: 'acme',
    project: 'shop',
    environment: 'production',
    exp: NOW / 1000 + 3600,
    ...claims,
  };
  return `${part({ alg: 'RS256' })}.${part(payload)}.${signature}`;
}

export interface Sent {
  readonly method: string;
  readonly url: URL;
  readonly form: URLSearchParams;
  readonly signal: unknown;
}

export interface FakeResponse {
  readonly status?: number;
  /** A string is sent unchanged, any other value as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Recorder {
  readonly sent: Sent[];
  readonly httpClient: HttpClient;
}

/** Records requests and returns what `respond` returns. An Error is thrown, as a socket error would be. */
export function recorder(
  respond: (sent: Sent) => FakeResponse | Error | Promise<FakeResponse> = () => ({}),
): Recorder {
  const sent: Sent[] = [];
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const one = {
        method: request.method,
        url: new URL(request.url),
        form: new URLSearchParams(String(request.body)),
        signal: request.abortSignal,
      };
      sent.push(one);
      const fake = await respond(one);
      if (fake instanceof Error) throw fake;
      const { status = 200, body = GOOD, headers = {} } = fake;
      const headerMap = new Headers(headers);
      return {
        request,
        status,
        headers: {
          get: (name: string) => headerMap.get(name) ?? undefined,
          toJSON: () => Object.fromEntries(headerMap),
        } as unknown as Response['headers'],
        bodyAsText: typeof body === 'string' ? body : JSON.stringify(body),
      };
    },
  };
  return { sent, httpClient };
}

/** A provider over the fake Entra, with a fixed identity key and a fixed clock. */
export function setUp(
  respond?: (sent: Sent) => FakeResponse | Error | Promise<FakeResponse>,
  options: Partial<AzureCredentialsProviderOptions> = {},
  jwt = jwtOf(),
): { provider: AzureCredentialsProvider; sent: Sent[]; options: AzureCredentialsProviderOptions } {
  let count = 0;
  const { sent, httpClient } = recorder(
    respond ?? (() => ({ body: { ...GOOD, access_token: `token-${++count}` } })),
  );
  const tokenSource: SubjectTokenSource = {
    capture: () => ({ identityKey: 'prj_1:production', token: async () => readSubjectToken(jwt) }),
  };
  const all: AzureCredentialsProviderOptions = {
    tenantId: TENANT,
    clientId: CLIENT,
    tokenSource,
    cache: createCredentialCache(),
    clock: { now: () => NOW, monotonic: () => 0 },
    exchanger: azureIdentityExchanger({ clientOptions: { httpClient } }),
    ...options,
  };
  return { provider: azureCredentialsProvider(all), sent, options: all };
}

export const failure = async (promise: Promise<unknown>): Promise<FederationError> => {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!FederationError.isInstance(thrown))
    throw new Error('a FederationError was expected', { cause: thrown });
  return thrown;
};

/** Like the polyfill of the Azure SDKs: not an instance of the platform's AbortSignal. */
export function polyfilledSignal(): AzureAbortSignal & {
  readonly listeners: Set<() => void>;
  abort(): void;
} {
  const listeners = new Set<() => void>();
  return {
    aborted: false,
    listeners,
    addEventListener: (_type: 'abort', listener: () => void) => void listeners.add(listener),
    removeEventListener: (_type: 'abort', listener: () => void) => void listeners.delete(listener),
    abort: () => listeners.forEach((listener) => listener()),
  };
}
