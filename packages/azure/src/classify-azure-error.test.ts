import type { FederationErrorCode, PresentedToken } from '@credex/core';
import type { RetryAdvice } from '@credex/core/internal';
import { ResponseError } from '@credex/core/internal';
import { describe, expect, it } from 'vitest';
import { SERVER_CODES, classifyAzureError } from './classify-azure-error.js';
import { azureConfiguration } from './options.js';

const configuration = azureConfiguration({
  tenantId: '11111111-2222-3333-4444-555555555555',
  clientId: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
});
const PRESENTED: PresentedToken = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: 'owner:acme:project:shop:environment:production',
  owner: 'acme',
  environment: 'production',
};
const classify = (error: unknown, presented: PresentedToken | undefined = PRESENTED) =>
  classifyAzureError(error, presented, configuration);

const refusal = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new ResponseError({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
const entra = (code: number, error = 'invalid_client', words = 'Something. Trace ID: 1') => ({
  error,
  error_description: `AADSTS${code}: ${words}`,
  error_codes: [code],
  trace_id: 't',
  correlation_id: 'c',
});

describe('classification by AADSTS number', () => {
  it.each<[number, FederationErrorCode, RetryAdvice, RegExp]>([
    [
      700213,
      'subject_not_allowed',
      'never',
      /'owner:acme:project:shop:environment:production'.*lacks the colon after `project`/,
    ],
    [7002138, 'subject_case_mismatch', 'never', /different upper and lower case/],
    [
      700211,
      'issuer_mismatch',
      'never',
      /mode is team; in global mode the issuer is https:\/\/oidc\.vercel\.com\)/,
    ],
    [
      700212,
      'audience_mismatch',
      'never',
      /audience is 'https:\/\/vercel\.com\/acme'.*api:\/\/AzureADTokenExchange/,
    ],
    [70021, 'subject_not_allowed', 'never', /can take a few minutes/],
    [700024, 'subject_token_expired', 'fresh-subject', /vercel env pull/],
    [50013, 'token_rejected', 'never', /signature/],
    [7000272, 'token_rejected', 'never', /among the keys of the issuer 'https:\/\/oidc\.vercel\.com\/acme'/],
    [
      7000274,
      'token_rejected',
      'never',
      /signature with the keys of the issuer 'https:\/\/oidc\.vercel\.com\/acme'/,
    ],
    [5002727, 'token_rejected', 'never', /as a JWT/],
    [5002741, 'audience_mismatch', 'never', /one audience only/],
    [
      70025,
      'subject_not_allowed',
      'never',
      /has no federated credential.*az identity federated-credential list/,
    ],
    [700223, 'access_denied', 'never', /policy of tenant 11111111/],
    [700238, 'access_denied', 'never', /policy of tenant 11111111/],
    [7002381, 'access_denied', 'never', /The issuer, subject and audience are not the cause\./],
    [500021, 'access_denied', 'never', /cross-tenant access policy/],
    [50166, 'unavailable', 'now', /could not fetch the OpenID configuration/],
    [501661, 'unavailable', 'now', /could not fetch the OpenID configuration/],
    [90061, 'unavailable', 'now', /could not fetch the OpenID configuration/],
    [90055, 'throttled', 'now', /^$/],
    [50196, 'throttled', 'now', /Create one provider/],
    [90006, 'unavailable', 'now', /^$/],
    [700016, 'target_not_found', 'never', /aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.*not its object id/],
    [90002, 'target_not_found', 'never', /11111111-2222-3333-4444-555555555555.*national cloud/],
    [500011, 'target_not_found', 'never', /service principal/],
    [70011, 'invalid_request', 'never', /\.default/],
    [53003, 'access_denied', 'never', /Conditional Access/],
    [90033, 'unavailable', 'now', /^$/],
  ])('%i is %s, %s', (number, code, retry, hint) => {
    const result = classify(refusal(400, entra(number)));
    expect(result).toMatchObject({ code, retry, status: 400, serverCode: `AADSTS${number}` });
    expect(result.hint ?? '').toMatch(hint);
  });

  it('prints the command that makes Entra accept the token', () => {
    const { hint } = classify(refusal(401, entra(700213)));
    const [, parameters] =
      /--id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --parameters '(\{.*\})'$/.exec(hint ?? '') ?? [];
    expect(JSON.parse(parameters ?? '')).toEqual({
      name: 'vercel-production',
      issuer: 'https://oidc.vercel.com/acme',
      subject: 'owner:acme:project:shop:environment:production',
      audiences: ['https://vercel.com/acme'],
    });
  });

  it('never puts shell syntax or text from the server into a command', () => {
    const sub = "x' ; curl evil.example #";
    const { hint } = classify(refusal(401, entra(700213, 'invalid_client', 'MARK')), { ...PRESENTED, sub });
    expect(hint).not.toMatch(/az ad app|evil|MARK/);
    const { hint: bare } = classifyAzureError(refusal(401, entra(700213)), undefined, configuration);
    expect(bare).toMatch(
      /Compare the issuer, subject and audience of the token with those of the federated credential\.$/,
    );
  });

  it('retries at most twice when Entra could not fetch the keys', () => {
    expect(classify(refusal(400, entra(50166, 'invalid_request')))).toMatchObject({ retriesAtMost: 2 });
  });

  it('does not suggest creating a federated credential for an unknown number', () => {
    for (const error of ['invalid_client', 'invalid_grant', 'unauthorized_client', 'invalid_request']) {
      const { hint } = classify(refusal(401, entra(799999, error)));
      expect(hint).toMatch(/look the number up: https:\/\/login\.microsoftonline\.com\/error\?code=799999$/);
      expect(hint).not.toMatch(/federated-credential/);
    }
  });

  it.each(SERVER_CODES)('%s has one code, whatever the OAuth error is', (code) => {
    const number = Number(code.slice('AADSTS'.length));
    const results = ['invalid_client', 'invalid_request', 'server_error'].map((error) =>
      classify(refusal(400, entra(number, error))),
    );
    expect(new Set(results.map(({ code }) => code)).size).toBe(1);
    expect(results[0]?.code).not.toBe('unknown');
  });

  it('names the issuer of the other issuer mode', () => {
    const presented = { ...PRESENTED, iss: 'https://oidc.vercel.com' };
    expect(classify(refusal(401, entra(700211)), presented).hint).toMatch(
      /mode is global; in team mode the issuer is https:\/\/oidc\.vercel\.com\/acme/,
    );
  });

  it('distinguishes a token that is not valid yet from an expired one', () => {
    const times = (now: string) =>
      `Client assertion is not within its valid time range. Current time: 2026-11-22T${now}.0000000Z, ` +
      'assertion valid from 2026-11-22T10:00:00.0000000Z, expiry time of assertion 2026-11-22T11:00:00.0000000Z.';
    expect(classify(refusal(401, entra(700024, 'invalid_client', times('09:00:00'))))).toMatchObject({
      code: 'subject_token_not_yet_valid',
      retry: 'never',
    });
    expect(classify(refusal(401, entra(700024, 'invalid_client', times('12:00:00'))))).toMatchObject({
      code: 'subject_token_expired',
      retry: 'fresh-subject',
    });
  });

  it('takes precedence over the OAuth error, and is read from the description if error_codes is missing', () => {
    const { error_codes: _, ...body } = entra(700016, 'unauthorized_client');
    expect(classify(refusal(400, body))).toMatchObject({
      code: 'target_not_found',
      serverCode: 'AADSTS700016',
    });
  });
});

describe('classification by status and OAuth error', () => {
  it.each<[number, unknown, FederationErrorCode, RetryAdvice]>([
    [429, entra(700213), 'throttled', 'now'],
    [408, '', 'timeout', 'now'],
    [500, '<html>', 'unavailable', 'now'],
    [503, entra(999999, 'temporarily_unavailable'), 'unavailable', 'now'],
    [400, { error: 'temporarily_unavailable' }, 'unavailable', 'now'],
    [307, '', 'redirect_refused', 'never'],
    [401, { error: 'invalid_client' }, 'token_rejected', 'never'],
    [401, entra(123456789), 'token_rejected', 'never'],
    [400, { error: 'invalid_grant', claims: '{}' }, 'access_denied', 'never'],
    [400, { error: 'toString' }, 'invalid_request', 'never'],
    [403, '', 'access_denied', 'never'],
    [404, 'not found', 'invalid_request', 'never'],
    [418, [], 'invalid_request', 'never'],
  ])('%i %j is %s, %s', (status, body, code, retry) => {
    expect(classify(refusal(status, body))).toMatchObject({ code, retry, status });
  });

  it.each([
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT', date: 'Sun, 22 Nov 2026 10:00:00 GMT' }, 30_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT' }, undefined],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after': '9999999999' }, 86_400_000],
    [{ 'retry-after': '-5' }, undefined],
    [{}, undefined],
  ])('reads the delay from %j', (headers, retryAfterMs) => {
    expect(classify(refusal(429, '', headers))).toMatchObject({
      code: 'throttled',
      throttled: true,
      retryAfterMs,
    });
  });
});

describe('a failure without a response', () => {
  it.each<[string, FederationErrorCode, RetryAdvice]>([
    ['ENOTFOUND', 'network', 'now'],
    ['ECONNRESET', 'network', 'now'],
    ['REQUEST_SEND_ERROR', 'network', 'now'],
    ['UND_ERR_SOCKET', 'network', 'now'],
    ['ETIMEDOUT', 'timeout', 'now'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout', 'now'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'network', 'now'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'network', 'now'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'network', 'now'],
  ])('socket error %s is %s, %s, at any depth of causes', (name, code, retry) => {
    const socket = Object.assign(new Error(name), { code: name });
    const bare = classify(socket);
    expect(bare).toMatchObject({ code, retry });
    expect(classify(new TypeError('fetch failed', { cause: new Error('x', { cause: socket }) }))).toEqual(
      bare,
    );
    expect(bare.hint !== undefined).toBe(/CERT|VERIFY|ENOTFOUND/.test(name));
  });

  it('is a timeout when a signal aborted the request', () => {
    expect(classify(new DOMException('late', 'TimeoutError'))).toMatchObject({
      code: 'timeout',
      retry: 'now',
    });
    expect(classify(new DOMException('gone', 'AbortError'))).toMatchObject({ code: 'timeout', retry: 'now' });
  });

  it('never throws, whatever the error is', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
      },
    );
    const loop: { cause?: unknown } = {};
    loop.cause = loop;
    for (const error of [
      undefined,
      null,
      0,
      'AADSTS700213',
      [],
      {},
      Symbol('x'),
      hostile,
      loop,
      { response: { status: 400, body: '{', headers: null } },
    ])
      expect(classify(error).retry).toBe('never');
  });
});
