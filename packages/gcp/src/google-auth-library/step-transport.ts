/**
 * How the SDK's requests reach the network: one attempt, no redirect, a bounded answer that is parsed before
 * the SDK sees it. The SDK alone retries by itself, posts the subject token again to wherever a 307 points, and
 * hangs the request on its errors.
 */

import type { ExchangeContext, HttpAnswer } from '@credex/core/driver';
import { MAX_ANSWER_BYTES, isLoopback, withSecureSockets } from '@credex/core/driver';
import { gaxios } from 'google-auth-library';
import type { GcpStep } from '../gcp-answer-error.js';
import { GcpAnswerError } from '../gcp-answer-error.js';

/** What is asked of a transporter: `new gaxios.Gaxios()` of any version is one. */
export interface Transporter {
  request(options: gaxios.GaxiosOptions): Promise<unknown>;
}

interface StepOptions<T> {
  readonly step: GcpStep;
  /** Parses an answer of status 2xx; throws where it is none. */
  readonly parse: (answer: HttpAnswer) => T;
  readonly context: ExchangeContext;
  /** The transporter that makes the request; `undefined`: `context.post`, and so the user's own fetch. */
  readonly through: Transporter | undefined;
}

/** The transporter of one step of one exchange. Keeps the parsed answer: the SDK's own reading is not used. */
export class StepTransport<T> extends gaxios.Gaxios {
  #received: { readonly parsed: T; readonly answer: HttpAnswer } | undefined;
  readonly #options: StepOptions<T>;

  constructor(options: StepOptions<T>) {
    super();
    this.#options = options;
  }

  get received(): { readonly parsed: T; readonly answer: HttpAnswer } | undefined {
    return this.#received;
  }

  override async request<D>(options: gaxios.GaxiosOptions): Promise<gaxios.GaxiosResponse<D>> {
    const { step, parse, context } = this.#options;
    const url = new URL(String(options.url));
    return context.step(url.host, async (signal) => {
      const { response, answer } = await this.#send(url, options, signal);
      if (answer.status < 200 || answer.status > 299) throw new GcpAnswerError(step, answer);
      this.#received = { parsed: parse(answer), answer };
      // The SDK reads one field of it for the next step; `parse` has looked at it.
      return Object.assign(response, { data: JSON.parse(answer.body) as D }) as gaxios.GaxiosResponse<D>;
    });
  }

  async #send(
    url: URL,
    options: gaxios.GaxiosOptions,
    signal: AbortSignal,
  ): Promise<{ response: object; answer: HttpAnswer }> {
    const { step, through, context } = this.#options;
    if (through === undefined) {
      const headers = Object.fromEntries(
        new Headers(options.headers as ConstructorParameters<typeof Headers>[0]),
      );
      const answer = await context.post(url, { ...bodyOf(options, headers), signal });
      return { response: {}, answer };
    }
    const single: gaxios.GaxiosOptions & { size: number } = {
      ...options,
      signal,
      redirect: 'manual',
      // node-fetch's limit; gaxios checks Content-Length alone.
      size: MAX_ANSWER_BYTES,
      responseType: 'text',
      validateStatus: () => true,
      retry: false,
      // HTTPS_PROXY is honoured, as by the SDK; an emulator on this machine is not behind it.
      noProxy: isLoopback(url.hostname) ? [url.origin] : [],
    };
    delete single.retryConfig;
    let response: unknown;
    try {
      response = await withSecureSockets(() => through.request(single));
    } catch (thrown) {
      throw refusalIn(thrown, step) ?? thrown;
    }
    const answer = answerOf(response);
    // Not every HTTP client under a transporter heeds `size`.
    if (new TextEncoder().encode(answer.body).byteLength > MAX_ANSWER_BYTES)
      throw tooLong(step, answer.status);
    return { response: response as object, answer };
  }
}

/**
 * The answer that a transporter threw: for its status, whatever it was told; or because it ends one by itself that
 * is too long or points elsewhere (node-fetch's own words).
 */
function refusalIn(thrown: unknown, step: GcpStep): GcpAnswerError | undefined {
  let current = thrown;
  // No `instanceof`: in Jest and in a vm context the errors of Node are of another realm.
  for (let depth = 0; depth < 6 && typeof current === 'object' && current !== null; depth += 1) {
    const { type, cause, error, response } = current as Readonly<Record<string, unknown>>;
    if (type === 'max-size') return tooLong(step);
    if (type === 'no-redirect' || type === 'max-redirect')
      return new GcpAnswerError(step, { status: 0, headers: {}, body: '' });
    const answer = answerOf(response ?? {});
    // A good status that was thrown broke off.
    if (answer.status >= 300) return new GcpAnswerError(step, answer);
    current = cause ?? error;
  }
  return undefined;
}

function tooLong(step: GcpStep, status = 200): GcpAnswerError {
  const answer = { status, headers: {}, body: '' };
  return new GcpAnswerError(step, answer, `The answer is longer than ${MAX_ANSWER_BYTES} bytes.`);
}

/** The body and headers as gaxios would write them. */
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

/** A gaxios response of any version: headers are an object before gaxios 7 and `Headers` from then on. */
function answerOf(response: unknown): HttpAnswer {
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
