/** What stands between the library and the network: one POST, to the URL that this room built, and no other. */

import type { ClientAssertionCredentialOptions } from '@azure/identity';
import type { ExchangeContext, HttpAnswer } from '@credex/core/driver';
import { MAX_ANSWER_BYTES, withSecureSockets } from '@credex/core/driver';
import { tokenEndpoint } from '../authority.js';
import { EntraAnswerError } from '../parse-entra-response.js';

type Policy = NonNullable<ClientAssertionCredentialOptions['additionalPolicies']>[number]['policy'];
type PipelineRequest = Parameters<Policy['sendRequest']>[0];
type PipelineResponse = Awaited<ReturnType<Policy['sendRequest']>>;
type Headers = PipelineResponse['headers'];

export interface EntraWire {
  /** Stands last in the library's pipeline, next to its HTTP client. */
  readonly policy: Policy;
  /** What the network said: the library's own errors keep the words of an answer and lose the rest. */
  readonly seen: { answer?: HttpAnswer; failure?: unknown };
}

export interface EntraWireOptions {
  readonly authorityHost: string;
  readonly tenantId: string;
  readonly context: ExchangeContext;
  /** Ends this one attempt. */
  readonly signal: AbortSignal;
  /** Send by core's POST, that is by the user's `fetch`, instead of the library's HTTP client. */
  readonly byFetch: boolean;
}

/**
 * MSAL moves the token endpoint by environment variables (AZURE_REGIONAL_AUTHORITY_NAME, MSAL_FORCE_REGION) and
 * by what a discovery document says, and asks the metadata service of Azure's machines for a region. None of it
 * leaves: what MSAL would look up is answered here, and the POST goes where the options say.
 */
export function entraWire(options: EntraWireOptions): EntraWire {
  const { authorityHost, tenantId, context, signal, byFetch } = options;
  const endpoint = tokenEndpoint(authorityHost, tenantId);
  const seen: EntraWire['seen'] = {};

  const policy: Policy = {
    name: 'credexEntraWire',
    async sendRequest(request, next) {
      if (request.method !== 'POST') return lookedUp(request, endpoint);
      request.url = endpoint.href;
      // The library takes an abort signal and does nothing with it.
      request.abortSignal = signal;
      try {
        const response = byFetch ? await sentByFetch(request) : await withSecureSockets(() => next(request));
        seen.answer = answerOf(response);
        return response;
      } catch (error) {
        const { response } = error as { readonly response?: PipelineResponse };
        // A client of the user's own may throw for a status, with the answer in hand.
        if (response !== undefined && response.status >= 300) seen.answer = answerOf(response);
        else seen.failure = error;
        throw error;
      }
    },
  };

  async function sentByFetch(request: PipelineRequest): Promise<PipelineResponse> {
    const headers = request.headers.toJSON();
    // fetch asks for the encodings that it can read.
    delete headers['accept-encoding'];
    if (typeof request.body !== 'string') throw new TypeError('The library sent a body that is not text.');
    const answer = await context.post(endpoint, { headers, body: request.body, signal });
    return { request, status: answer.status, headers: headersOf(answer.headers), bodyAsText: answer.body };
  }

  return { policy, seen };
}

function answerOf(response: PipelineResponse): HttpAnswer {
  const body = response.bodyAsText ?? '';
  const { status } = response;
  if (new TextEncoder().encode(body).byteLength > MAX_ANSWER_BYTES)
    throw new EntraAnswerError(
      { status, headers: {}, body: '' },
      `it is longer than ${MAX_ANSWER_BYTES} bytes`,
    );
  return { status, headers: response.headers.toJSON(), body };
}

/** The discovery document of the authority, made of our own URL; for anything else, "there is nothing". */
function lookedUp(request: PipelineRequest, endpoint: URL): PipelineResponse {
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

/** The pipeline's headers over the platform's, which ignore case as well. */
function headersOf(from: Readonly<Record<string, string>>): Headers {
  const held = new globalThis.Headers(from);
  return {
    get: (name) => held.get(name) ?? undefined,
    has: (name) => held.has(name),
    set: (name, value) => held.set(name, String(value)),
    delete: (name) => held.delete(name),
    toJSON: () => Object.fromEntries(held),
    [Symbol.iterator]: () => held[Symbol.iterator](),
  };
}
