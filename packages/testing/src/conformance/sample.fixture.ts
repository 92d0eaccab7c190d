/** A small exchanger that keeps every rule, and its server: both in memory. */

import type { ErrorClass, Exchanger } from '@credex/core/driver';
import { transportFailure } from '@credex/core/failure';
import type { Behaviour, ExchangerHarness } from './harness.js';

export interface SampleCredential {
  readonly key: string;
  readonly expiresAt: number;
}

export interface SampleRequest {
  readonly scopes: readonly string[];
}

export type SampleExchanger = Exchanger<SampleCredential, SampleRequest>;

interface Answer {
  readonly status: number;
  readonly body: string;
}

export class AnswerError extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super('The answer brings no credential.');
    this.answer = answer;
  }
}

/** What a test may do otherwise. */
export interface SampleServer {
  ask(jwt: string, signal: AbortSignal): Promise<Answer>;
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export const jwtOf = (sub: string): string =>
  [
    encoded({ alg: 'none' }),
    encoded({ sub, exp: 4_000_000_000 }),
    Buffer.from(`signature of ${sub}: a secret`).toString('base64url'),
  ].join('.');

export const EXPIRES_AT: number = Date.UTC(2030, 0, 1, 1);
const NOW = Date.UTC(2030, 0, 1);
const GOOD = { status: 200, body: JSON.stringify({ key: 'the key of the sample', expiresAt: EXPIRES_AT }) };

function sampleExchanger(server: SampleServer, account: string): SampleExchanger {
  return {
    specificationVersion: 'v1',
    provider: 'sample',
    cacheKeyFields: ({ scopes }) => ({ account, scopes: [...scopes].sort() }),
    async exchange(_request, context) {
      const { jwt } = await context.subject();
      return context.step('sample.example', async (signal) => ({
        credential: credentialOf(await server.ask(jwt, signal)),
      }));
    },
    parseStored(record) {
      const { key, expiresAt } = Object(record) as Partial<SampleCredential>;
      if (typeof key !== 'string' || typeof expiresAt !== 'number' || !Number.isFinite(expiresAt))
        throw new TypeError('The record is no credential of the sample.');
      return { key, expiresAt };
    },
    classify: classifySample,
  };
}

export function credentialOf(answer: Answer): SampleCredential {
  try {
    const { key, expiresAt } = JSON.parse(answer.body) as SampleCredential;
    if (answer.status === 200 && typeof key === 'string') return { key, expiresAt };
  } catch {
    // Told below, like every answer that isn't one.
  }
  throw new AnswerError(answer);
}

const CLASSES: Readonly<Record<number, ErrorClass>> = {
  200: { code: 'invalid_response', retry: 'now', retriesAtMost: 1 },
  307: { code: 'redirect_refused', retry: 'never' },
  401: { code: 'subject_token_expired', retry: 'fresh-subject' },
  403: { code: 'access_denied', retry: 'never', hint: 'Ask for access.' },
  429: { code: 'throttled', retry: 'now', throttled: true },
  503: { code: 'unavailable', retry: 'now' },
};

export function classifySample(error: unknown): ErrorClass {
  try {
    if (error instanceof AnswerError) {
      const { status, body } = error.answer;
      return { ...(CLASSES[status] as ErrorClass), status, serverMessage: body };
    }
    const failure = transportFailure(error);
    return failure === undefined ? { code: 'unknown', retry: 'never' } : { code: failure.code, retry: 'now' };
  } catch {
    return { code: 'unknown', retry: 'never' };
  }
}

export function sampleHarness(): ExchangerHarness<SampleCredential, SampleRequest> & SampleServer {
  const tokens = { good: jwtOf('good'), expired: jwtOf('expired'), otherIdentity: jwtOf('otherIdentity') };
  let how: Behaviour = 'succeed';
  let said = '';
  let received = 0;

  const server: SampleServer = {
    async ask(jwt, signal) {
      signal.throwIfAborted();
      received += 1;
      if (how === 'hang')
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      if (how === 'reset') throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      if (how === 'succeed')
        return jwt === tokens.good ? GOOD : { status: jwt === tokens.expired ? 401 : 403, body: '' };
      return ANSWERS[how](said);
    },
  };
  const request = { scopes: ['write', 'read'] };
  return {
    ...server,
    tokens,
    request,
    exchanger: sampleExchanger(server, 'one'),
    equal: { exchanger: sampleExchanger(server, 'one'), request },
    different: {
      account: { exchanger: sampleExchanger(server, 'two'), request },
      scopes: { exchanger: sampleExchanger(server, 'one'), request: { scopes: ['read'] } },
    },
    behave(behaviour, words) {
      how = behaviour;
      said = words;
    },
    received: () => received,
    now: () => NOW,
  };
}

const ANSWERS: Readonly<Record<Exclude<Behaviour, 'succeed' | 'hang' | 'reset'>, (words: string) => Answer>> =
  {
    refuse: (body) => ({ status: 403, body }),
    unavailable: (body) => ({ status: 503, body }),
    throttle: (body) => ({ status: 429, body }),
    truncate: () => ({ status: 200, body: GOOD.body.slice(0, 20) }),
    garbage: (body) => ({ status: 200, body }),
    incomplete: () => ({ status: 200, body: JSON.stringify({ expiresAt: EXPIRES_AT }) }),
    redirect: () => ({ status: 307, body: '' }),
  };
