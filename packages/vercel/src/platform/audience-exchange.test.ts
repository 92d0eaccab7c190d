/** How the audience exchange fails, and what it does about it: over sockets on loopback. */

import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FederationError, Fetch } from '@credex/core';
import type { TestServer } from './token-source.fixture.js';
import { NOW, clock, jwt, never, serve } from './token-source.fixture.js';
import { requestTokenSource } from '../index.js';

const AUDIENCE = 'https://api.example';
const CLAIMS = { project_id: 'prj_shop', environment: 'production' };
const exchanged = jwt({ ...CLAIMS, aud: AUDIENCE });
const mint: RequestListener = (_request, response) => response.end(JSON.stringify({ token: exchanged }));

let issuer: TestServer;
let answer: RequestListener;
let count = 0;

beforeEach(async () => {
  answer = mint;
  issuer = await serve((request, response) => answer(request, response));
});
afterEach(() => {
  issuer.close();
});

/** By a token that no other test has: what was cached for one answers no other. */
async function exchange(fetch?: Fetch): Promise<string> {
  const headers = new Headers({ 'x-vercel-oidc-token': jwt({ ...CLAIMS, jti: `token-${count++}` }) });
  const options = { clock, fetch, tokenEndpoint: `${issuer.origin}/~token`, allowLoopbackHttp: true };
  const subject = requestTokenSource(headers, options).capture();
  return (await subject.token({ audience: AUDIENCE, fresh: false, signal: never })).jwt;
}

const failure = (fetch?: Fetch): Promise<FederationError> =>
  exchange(fetch).then(
    () => Promise.reject(new Error('It was exchanged.')),
    (error: unknown) => error as FederationError,
  );

const httpDate = (ms: number): string => new Date(ms).toUTCString();

describe('Retry-After', () => {
  it.each([
    ['seconds', { 'retry-after': '120' }, 120_000, 1],
    [
      'a date, by the clock of the server',
      { date: httpDate(NOW), 'retry-after': httpDate(NOW + 300_000) },
      300_000,
      1,
    ],
    ['milliseconds', { 'retry-after-ms': '90000' }, 90_000, 1],
    ['more than a day', { 'retry-after': '9999999' }, 86_400_000, 1],
    ['no wait', { 'retry-after': '0' }, 0, 3],
    ['a date that has passed', { date: httpDate(NOW), 'retry-after': httpDate(NOW - 1_000) }, undefined, 3],
    ['nothing readable', { 'retry-after': 'soon' }, undefined, 3],
  ])('with %s', async (_what, headers, retryAfterMs, requests) => {
    for (const [status, code] of [
      [429, 'throttled'],
      [503, 'unavailable'],
    ] as const) {
      const before = issuer.seen.length;
      answer = (_request, response) => response.writeHead(status, headers).end('{}');
      const error = await failure();
      expect(error).toMatchObject({ code, status, provider: 'vercel', retryable: true });
      expect(error.retryAfterMs).toBe(retryAfterMs);
      // Nothing is sent again within a wait that is longer than the exchange may take.
      expect(issuer.seen.length - before).toBe(requests);
    }
  });
});

describe('without a response', () => {
  it('is sent again where the connection was lost', async () => {
    answer = (request, response) =>
      issuer.seen.length === 1 ? request.socket.destroy() : mint(request, response);
    expect(await exchange()).toBe(exchanged);
    expect(issuer.seen).toHaveLength(2);
  });

  it('names the host of a connection that is lost each time', async () => {
    answer = (request) => request.socket.destroy();
    const error = await failure();
    expect(error).toMatchObject({ code: 'network', retryable: true });
    expect(error.message).toContain(`${new URL(issuer.origin).host} could not be reached: ECONNRESET`);
    expect(issuer.seen).toHaveLength(3);
  });

  it('names the host that accepts no connection, and what to check', async () => {
    issuer.close();
    const error = await failure();
    expect(error).toMatchObject({ code: 'network', retryable: true });
    expect(error.message).toContain(`${new URL(issuer.origin).host} could not be reached: ECONNREFUSED`);
    expect(error.hint).toContain('Nothing accepts connections');
  });

  const thrown = (code: string): Error =>
    new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

  it.each([
    ['ENOTFOUND', 'network', 'does not resolve'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'network', 'NODE_EXTRA_CA_CERTS'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', 'The next call tries again'],
    ['ETIMEDOUT', 'timeout', 'The next call tries again'],
  ])('tells %s as %s, with a hint', async (errno, code, hint) => {
    let sent = 0;
    const error = await failure(async () => {
      sent += 1;
      throw thrown(errno);
    });
    expect(error).toMatchObject({ code, hint: expect.stringContaining(hint) as string });
    expect(sent).toBe(3);
  });

  it('takes a defect of a given fetch for no failure of the network', async () => {
    let sent = 0;
    const error = await failure(async () => {
      sent += 1;
      throw new RangeError('a defect');
    });
    expect(error).toMatchObject({ code: 'unknown', retryable: false });
    expect(sent).toBe(1);
  });
});

describe('the issuer', () => {
  const warningsFor = async (iss: string): Promise<string[]> => {
    const headers = new Headers({
      'x-vercel-oidc-token': jwt({ ...CLAIMS, iss, jti: `token-${count++}` }),
    });
    const options = { clock, tokenEndpoint: `${issuer.origin}/~token`, allowLoopbackHttp: true };
    const source = requestTokenSource(headers, options);
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    for (let n = 0; n < 2; n++)
      await source.capture().token({ audience: AUDIENCE, fresh: false, signal: never, warn });
    return warnings;
  };

  it('warns once that a token of a custom audience has the team issuer, if the project uses the global one', async () => {
    const exchangedByTeam = jwt({ ...CLAIMS, aud: AUDIENCE, iss: 'https://oidc.vercel.com/acme' });
    answer = (_request, response) => response.end(JSON.stringify({ token: exchangedByTeam }));
    expect(await warningsFor('https://oidc.vercel.com')).toEqual([
      'The project uses the global issuer (https://oidc.vercel.com), but a token of the audience https://api.example always has the team issuer. Trust https://oidc.vercel.com/acme in the cloud, or leave out `audience`.',
    ]);
  });

  it('does not warn if the project uses the team issuer', async () => {
    expect(await warningsFor('https://oidc.vercel.com/acme')).toEqual([]);
  });
});
