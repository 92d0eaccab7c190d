import { describe, expect, it } from 'vitest';
import type { ErrorRules, HintTable, ServerError } from './classify.js';
import { classifyFailure } from './classify.js';
import type { HttpResponse } from './contract.js';
import { ResponseError } from './http/http.js';

type Configuration = { readonly host: string };
const HINTS: HintTable<'role', Configuration> = {
  role: ({ configuration, presented }) => `role of ${configuration.host} for ${presented?.sub}`,
  certificate: () => 'certificate',
  name: () => 'name',
  redirect: ({ failed }) => `redirect ${failed?.status}`,
  unreadable: ({ failed }) => `unreadable: ${failed?.fault} (${failed?.step})`,
};
const RULES: ErrorRules<'role', ServerError, Configuration> = {
  readServerError: ({ body }) => ({ serverCode: body, serverMessage: `words of ${body}`, retryAfterMs: 5 }),
  meaningOf: ({ serverCode }) =>
    serverCode === 'NoRole' ? { code: 'target_not_found', retry: 'never', hint: 'role' } : undefined,
  otherwise: () => ({ code: 'invalid_request', retry: 'never' }),
  hints: HINTS,
};
const classify = (error: unknown) =>
  classifyFailure(error, RULES, { configuration: { host: 'sts.test' }, presented: { sub: 'me' } });
const response = (status: number, body = '', headers = {}): HttpResponse => ({ status, body, headers });

describe('classifyFailure', () => {
  it("gives the server's code precedence over the status", () => {
    expect(classify(new ResponseError(response(503, 'NoRole')))).toEqual({
      code: 'target_not_found',
      retry: 'never',
      retriesAtMost: undefined,
      throttled: false,
      hint: 'role of sts.test for me',
      status: 503,
      serverCode: 'NoRole',
      serverMessage: 'words of NoRole',
      retryAfterMs: 5,
    });
  });

  it.each([
    [0, 'redirect_refused', 'never'],
    [307, 'redirect_refused', 'never'],
    [408, 'timeout', 'now'],
    [429, 'throttled', 'now'],
    [500, 'unavailable', 'now'],
    [503, 'unavailable', 'now'],
    [400, 'invalid_request', 'never'],
  ])('classifies status %i by itself as %s', (status, code, retry) => {
    const found = classify(new ResponseError(response(status, 'Other')));
    expect(found).toMatchObject({ code, retry, status, throttled: status === 429 });
    expect(found.hint).toBe(code === 'redirect_refused' ? `redirect ${status}` : undefined);
  });

  it('takes the delay of the header before that of the body', () => {
    const error = new ResponseError(response(429, 'Slow', { 'retry-after': '7' }));
    expect(classify(error).retryAfterMs).toBe(7_000);
  });

  it('retries a response that cannot be read once, and quotes none of it', () => {
    const error = new ResponseError(response(200, 'secret'), 'it has no token', 'second');
    expect(classify(error)).toMatchObject({
      code: 'invalid_response',
      retry: 'now',
      retriesAtMost: 1,
      hint: 'unreadable: it has no token (second)',
      serverCode: undefined,
    });
    expect(JSON.stringify(classify(error))).not.toContain('secret');
  });

  it.each([
    ['ECONNREFUSED', 'network', 'now', undefined],
    ['ENOTFOUND', 'network', 'now', 'name'],
    ['CERT_HAS_EXPIRED', 'network', 'now', 'certificate'],
    ['ETIMEDOUT', 'timeout', 'now', undefined],
    ['OTHER', 'unknown', 'never', undefined],
  ])('classifies an error %s without a response', (code, expected, retry, hint) => {
    const error = Object.assign(new Error('x'), { code });
    expect(classify(error)).toMatchObject({ code: expected, retry });
    expect(classify(error).hint).toBe(hint);
  });

  it('never throws, whatever a rule or a property of the error throws', () => {
    const get = (): never => {
      throw new Error('trap');
    };
    const error = Object.defineProperty(new Error('x'), 'response', { get });
    error.name = 'ResponseError';
    for (const thrown of [undefined, null, 7, Object.create(null), error])
      expect(classify(thrown)).toMatchObject({ code: 'unknown', retry: 'never' });
  });
});

describe('ResponseError', () => {
  it('prints neither the body nor the headers', async () => {
    const { inspect } = await import('node:util');
    const error = new ResponseError(response(400, 'CANARY', { x: 'CANARY' }), undefined, 'first');
    for (const text of [inspect(error, { depth: 9 }), JSON.stringify(error), String(error.stack)])
      expect(text).not.toContain('CANARY');
    expect(error.message).toBe('The response has status 400.');
  });
});
