/** A pipeline policy that lets the library send one POST, to the token endpoint of the options, and nothing else. */

import type { ClientAssertionCredentialOptions } from '@azure/identity';
import type { ExchangeContext, HttpResponse } from '@credex/core/internal';
import { MAX_ANSWER_BYTES, ResponseError, withSecureSockets } from '@credex/core/internal';
import { tokenEndpoint } from '../authority.js';

type Policy = NonNullable<ClientAssertionCredentialOptions['additionalPolicies']>[number]['policy'];
type PipelineRequest = Parameters<Policy['sendRequest']>[0];
type PipelineResponse = Awaited<ReturnType<Policy['sendRequest']>>;
type Headers = PipelineResponse['headers'];

export interface EntraTransport {
  /** The last policy of the library's pipeline, directly before its HTTP client. */
  readonly policy: Policy;
  /** The response or the network failure. The library's errors keep only the message of a response. */
  readonly seen: { response?: HttpResponse; failure?: unknown };
}

export interface EntraTransportOptions {
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly context: ExchangeContext;
  /** Aborts this attempt. */
  readonly signal: AbortSignal;
  /** Send with the option `fetch` instead of the library's HTTP client. */
  readonly useFetch: boolean;
}

/**
 * MSAL changes the token endpoint by environment variables (AZURE_REGIONAL_AUTHORITY_NAME, MSAL_FORCE_REGION) and by
 * the discovery document, and it queries Azure's instance metadata service for a region. This policy sends none of
 * these lookups: it returns a local response for them, and sends the POST to the endpoint of the options.
 */
export function entraTransport(options: EntraTransportOptions): EntraTransport {
  const { authorityHost, tenantId, context, signal, useFetch } = options;
  const endpoint = tokenEndpoint(authorityHost, tenantId);
  const seen: EntraTransport['seen'] = {};

  const policy: Policy = {
    name: 'credexEntraWire',
    async sendRequest(request, next) {
      if (request.method !== 'POST') return discoveryResponse(request, endpoint);
      request.url = endpoint.href;
      // The library accepts an abort signal but ignores it.
      request.abortSignal = signal;
      try {
        const response = useFetch
          ? await sendWithFetch(request)
          : await withSecureSockets(() => next(request));
        seen.response = toHttpResponse(response);
        return response;
      } catch (error) {
        const { response } = error as { readonly response?: PipelineResponse };
        // A custom HTTP client may throw for a status and attach the response to the error.
        if (response !== undefined && response.status >= 300) seen.response = toHttpResponse(response);
        else seen.failure = error;
        throw error;
      }
    },
  };

  async function sendWithFetch(request: PipelineRequest): Promise<PipelineResponse> {
    const headers = request.headers.toJSON();
    // fetch sets this header to the encodings that it supports.
    delete headers['accept-encoding'];
    if (typeof request.body !== 'string')
      throw new TypeError('@azure/identity sent a request body that is not a string.');
    const response = await context.post(endpoint, { headers, body: request.body, signal });
    return {
      request,
      status: response.status,
      headers: headersOf(response.headers),
      bodyAsText: response.body,
    };
  }

  return { policy, seen };
}

function toHttpResponse(response: PipelineResponse): HttpResponse {
  const body = response.bodyAsText ?? '';
  const { status } = response;
  if (new TextEncoder().encode(body).byteLength > MAX_ANSWER_BYTES)
    throw new ResponseError({ status, headers: {}, body: '' }, `it is longer than ${MAX_ANSWER_BYTES} bytes`);
  return { status, headers: response.headers.toJSON(), body };
}

/** A discovery document that names our token endpoint; a 404 for any other lookup. */
function discoveryResponse(request: PipelineRequest, endpoint: URL): PipelineResponse {
  const tenant = endpoint.href.replace(/\/oauth2\/v2\.0\/token$/, '');
  const found = request.url.split('?')[0]?.endsWith('/.well-known/openid-configuration') === true;
  const document = {
    issuer: `${tenant}/v2.0`,
    token_endpoint: endpoint.href,
    authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
    jwks_uri: `${tenant}/discovery/v2.0/keys`,
  };
  return {
    request,
    status: found ? 200 : 404,
    headers: headersOf({ 'content-type': 'application/json' }),
    bodyAsText: found ? JSON.stringify(document) : '{}',
  };
}

/** The pipeline's headers interface over the platform's `Headers`, which also ignores case. */
function headersOf(from: Readonly<Record<string, string>>): Headers {
  const headers = new globalThis.Headers(from);
  return {
    get: (name) => headers.get(name) ?? undefined,
    has: (name) => headers.has(name),
    set: (name, value) => headers.set(name, String(value)),
    delete: (name) => headers.delete(name),
    toJSON: () => Object.fromEntries(headers),
    [Symbol.iterator]: () => headers[Symbol.iterator](),
  };
}
