/**
 * Sends the SDK's requests: one attempt, no redirects, and a response of bounded size that is parsed before the SDK
 * reads it. Without this transport the SDK retries, follows a 307 with the subject token, and attaches the request to
 * its errors.
 */

import { Readable } from 'node:stream';
import type { ExchangeContext, HttpResponse } from '@credex/core/internal';
import { MAX_ANSWER_BYTES, ResponseError, isLoopback, withSecureSockets } from '@credex/core/internal';
import { gaxios } from 'google-auth-library';
import type { GcpStep } from '../parse-token-response.js';

/** The interface of a transporter. `new gaxios.Gaxios()` of any version implements it. */
export interface Transporter {
  request(options: gaxios.GaxiosOptions): Promise<unknown>;
}

interface StepOptions<T> {
  readonly step: GcpStep;
  /** Parses a response of status 2xx; throws if it is malformed. */
  readonly parse: (httpResponse: HttpResponse) => T;
  readonly context: ExchangeContext;
  /** The transporter that sends the request. If `undefined`, `context.post` sends it with the user's fetch. */
  readonly through: Transporter | undefined;
  /** Fields of a JSON body that the SDK does not send; they come first. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** The transporter of one step of one exchange. It keeps the parsed response; what the SDK parses is not used. */
export class StepTransport<T> extends gaxios.Gaxios {
  #received: { readonly parsed: T; readonly httpResponse: HttpResponse } | undefined;
  readonly #options: StepOptions<T>;

  constructor(options: StepOptions<T>) {
    super();
    this.#options = options;
  }

  get received(): { readonly parsed: T; readonly httpResponse: HttpResponse } | undefined {
    return this.#received;
  }

  override async request<D>(given: gaxios.GaxiosOptions): Promise<gaxios.GaxiosResponse<D>> {
    const { step, parse, context, fields } = this.#options;
    const options =
      fields === undefined ? given : { ...given, data: { ...fields, ...(given.data as object | undefined) } };
    const url = new URL(String(options.url));
    return context.step(url.host, async (signal) => {
      const { response, httpResponse } = await this.#send(url, options, signal);
      if (httpResponse.status < 200 || httpResponse.status > 299)
        throw new ResponseError(httpResponse, undefined, step);
      this.#received = { parsed: parse(httpResponse), httpResponse };
      // The SDK reads one field for the next step, which `parse` has validated.
      return Object.assign(response, {
        data: JSON.parse(httpResponse.body) as D,
      }) as gaxios.GaxiosResponse<D>;
    });
  }

  async #send(
    url: URL,
    options: gaxios.GaxiosOptions,
    signal: AbortSignal,
  ): Promise<{ response: object; httpResponse: HttpResponse }> {
    const { step, through, context } = this.#options;
    if (through === undefined) {
      const httpResponse = await context.post(url, { ...bodyOf(options, headersOf(options)), signal });
      return { response: {}, httpResponse };
    }
    const { body, headers } = bodyOf(options, headersOf(options));
    const single: gaxios.GaxiosOptions & { size: number } = {
      ...options,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      data: abortableStream(body),
      signal,
      redirect: 'manual',
      // The limit of node-fetch; gaxios itself checks only Content-Length.
      size: MAX_ANSWER_BYTES,
      responseType: 'text',
      validateStatus: () => true,
      retry: false,
      // HTTPS_PROXY applies as in the SDK, but not to an emulator on loopback.
      noProxy: isLoopback(url.hostname) ? [url.origin] : [],
    };
    delete single.retryConfig;
    let response: unknown;
    try {
      response = await withSecureSockets(() => through.request(single));
    } catch (thrown) {
      throw responseErrorIn(thrown, step) ?? thrown;
    }
    const httpResponse = toHttpResponse(response);
    // Some HTTP clients under a transporter ignore `size`.
    if (new TextEncoder().encode(httpResponse.body).byteLength > MAX_ANSWER_BYTES)
      throw tooLong(step, httpResponse.status);
    return { response: response as object, httpResponse };
  }
}

/**
 * The response inside an error that a transporter threw: for a status, although `validateStatus` accepts all of them, or
 * because node-fetch stopped at its size limit or at a redirect.
 */
function responseErrorIn(thrown: unknown, step: GcpStep): ResponseError | undefined {
  let current = thrown;
  // No `instanceof`: in Jest and in a vm context, Node's errors belong to another realm.
  for (let depth = 0; depth < 6 && typeof current === 'object' && current !== null; depth += 1) {
    const { type, cause, error, response } = current as Readonly<Record<string, unknown>>;
    if (type === 'max-size') return tooLong(step);
    if (type === 'no-redirect' || type === 'max-redirect')
      return new ResponseError({ status: 0, headers: {}, body: '' }, undefined, step);
    const httpResponse = toHttpResponse(response ?? {});
    // An error with a successful status means that the connection broke during the response.
    if (httpResponse.status >= 300) return new ResponseError(httpResponse, undefined, step);
    current = cause ?? error;
  }
  return undefined;
}

function tooLong(step: GcpStep, status = 200): ResponseError {
  const httpResponse = { status, headers: {}, body: '' };
  return new ResponseError(httpResponse, `it is longer than ${MAX_ANSWER_BYTES} bytes`, step);
}

const headersOf = ({ headers }: gaxios.GaxiosOptions): Readonly<Record<string, string>> =>
  Object.fromEntries(new Headers(headers as ConstructorParameters<typeof Headers>[0]));

/**
 * The body as a stream whose errors are handled. If a request is aborted before it is sent, node-fetch destroys the body with
 * the error; on a stream that it made from a text, nothing listens, and the error would end the process.
 */
function abortableStream(body: string): Readable {
  return Readable.from([Buffer.from(body)]).on('error', () => undefined);
}

/** The body and headers that gaxios would send. */
function bodyOf(
  { data }: gaxios.GaxiosOptions,
  headers: Readonly<Record<string, string>>,
): { headers: Readonly<Record<string, string>>; body: string } {
  const form = data instanceof URLSearchParams || typeof data === 'string';
  const contentType = form ? 'application/x-www-form-urlencoded;charset=UTF-8' : 'application/json';
  return {
    headers: { accept: 'application/json', 'content-type': contentType, ...headers },
    body: form ? String(data) : JSON.stringify(data),
  };
}

/** Converts a gaxios response of any version: headers are an object before gaxios 7, and `Headers` since then. */
function toHttpResponse(response: unknown): HttpResponse {
  const { status, headers, data } = response as {
    readonly status?: unknown;
    readonly headers?: unknown;
    readonly data?: unknown;
  };
  return {
    status: typeof status === 'number' ? status : 0,
    headers:
      headers instanceof Headers || isIterable(headers)
        ? Object.fromEntries(headers as Iterable<[string, string]>)
        : ({ ...(headers as object | undefined) } as Record<string, string>),
    body: typeof data === 'string' ? data : (JSON.stringify(data) ?? ''),
  };
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
