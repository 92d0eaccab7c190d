/** One process without real time: a clock moved by hand, a source of tokens, and a cloud that is told what to answer. */

import type { CredentialCache } from './cache/cache.js';
import { createCredentialCache } from './cache/cache.js';
import type {
  Credential,
  ErrorClass,
  ExchangeContext,
  Exchanger,
  ExchangeResult,
  Subject,
  SubjectTokenRequest,
  SubjectTokenSource,
} from './contract.js';
import type { CredentialEvent } from './events.js';
import type { CredentialProviderOptions } from './provider-options.js';
import type { DriverProvider } from './cache/call.js';
import { createCredentialProvider } from './provider.js';
import type { ManualClock } from '@credex/testing/clock';
import { manualClock } from '@credex/testing/clock';
import { systemClock } from './runtime/clock.js';
import { withCallerDeadline } from './runtime/deadline.js';
import type { Invocation } from './runtime/deadline.js';
import { readSubjectToken } from './token/source-error.js';

export const START = 1_767_225_600_000;
export const HOUR = 3_600_000;

/** Digests come from a thread, in their own time: how many are on their way. */
let digests = 0;
const digest = crypto.subtle.digest.bind(crypto.subtle);
Object.defineProperty(crypto.subtle, 'digest', {
  configurable: true,
  async value(...given: Parameters<typeof digest>): Promise<ArrayBuffer> {
    digests += 1;
    try {
      return await digest(...given);
    } finally {
      digests -= 1;
    }
  },
});

/** Every promise that can settle has settled: no digest is on its way, for a few turns of the event loop. */
export async function settle(): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet = digests === 0 ? quiet + 1 : 0)
    await new Promise((resolve) => setImmediate(resolve));
}

export const testClock = (): ManualClock => manualClock(START, { settle });

export function makeJwt(claims: object = {}): string {
  return ['{"alg":"RS256"}', JSON.stringify({ exp: 9_999_999_999, ...claims }), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
}

export interface SourceOptions {
  readonly identityKey?: string | undefined;
  readonly matchesIdentity?: Subject['matchesIdentity'];
  readonly token?: (wanted: SubjectTokenRequest, jwt: string) => Promise<string> | string;
}

/** Captures what `jwt` gives at that moment. */
export function sourceOf(jwt: () => string, options: SourceOptions = {}): SubjectTokenSource {
  return {
    capture() {
      const captured = jwt();
      return {
        identityKey: 'identityKey' in options ? options.identityKey : 'p',
        ...(options.matchesIdentity === undefined ? {} : { matchesIdentity: options.matchesIdentity }),
        token: async (wanted) =>
          readSubjectToken(options.token === undefined ? captured : await options.token(wanted, captured)),
      };
    },
  };
}

export interface Secret extends Credential {
  readonly value: string;
}

export interface SecretRequest {
  readonly scope?: string;
  readonly claims?: string;
}

export interface Attempt {
  /** From 1. */
  readonly n: number;
  readonly request: SecretRequest;
  readonly sub: string | undefined;
  readonly signal: AbortSignal;
}

/** What a cloud's refusal throws: `classify` reads `as`. */
export function refusal(code: ErrorClass['code'], rest: Partial<ErrorClass> = {}): Error {
  return Object.assign(new Error(`the cloud says ${code}`), { as: { code, retry: 'never', ...rest } });
}

export const down = (): Error => refusal('unavailable', { retry: 'now' });

export interface FixtureOptions {
  /** What the cloud answers; left out or `undefined`: a good credential of an hour. */
  readonly answer?: (attempt: Attempt) => unknown;
  readonly exchange?: (request: SecretRequest, context: ExchangeContext) => Promise<ExchangeResult<Secret>>;
  readonly classify?: Exchanger<Secret, SecretRequest>['classify'];
  readonly cache?: CredentialCache;
  readonly random?: () => number;
  readonly clock?: ManualClock;
}

export interface Fixture {
  readonly clock: ManualClock;
  readonly cache: CredentialCache;
  readonly events: CredentialEvent[];
  readonly attempts: Attempt[];
  readonly exchanger: Exchanger<Secret, SecretRequest>;
  /** What the cloud answers from now on. */
  answer: (attempt: Attempt) => unknown;
  good(n: number | string, lifetimeMs?: number): ExchangeResult<Secret>;
  provider(
    source?: SubjectTokenSource,
    options?: Partial<CredentialProviderOptions>,
  ): DriverProvider<Secret, SecretRequest>;
  types(): string[];
}

export function fixture(options: FixtureOptions = {}): Fixture {
  const clock = options.clock ?? testClock();
  const cache = options.cache ?? createCredentialCache();
  const events: CredentialEvent[] = [];
  const attempts: Attempt[] = [];
  const exchanger: Exchanger<Secret, SecretRequest> = {
    specificationVersion: 'v1',
    provider: 'test',
    cacheKeyFields: ({ scope }) => ({ scope: scope ?? '' }),
    exchange:
      options.exchange ??
      (async (request, context) => {
        const { claims } = await context.subject();
        return context.step('cloud.test', async (signal) => {
          const attempt = { n: attempts.length + 1, request, sub: claims.sub, signal };
          attempts.push(attempt);
          return ((await own.answer(attempt)) ?? own.good(attempt.n)) as ExchangeResult<Secret>;
        });
      }),
    parseStored: (record) => record as Secret,
    classify:
      options.classify ??
      ((error) =>
        (error as { as?: ErrorClass }).as ??
        ((error as Error).name === 'TimeoutError'
          ? { code: 'timeout', retry: 'now' }
          : { code: 'unknown', retry: 'never' })),
  };
  const own: Fixture = {
    clock,
    cache,
    events,
    attempts,
    exchanger,
    answer: options.answer ?? (() => undefined),
    good: (n, lifetimeMs = HOUR) => ({ credential: { value: `v${n}`, expiresAt: clock.now() + lifetimeMs } }),
    provider: (source = sourceOf(() => makeJwt({ sub: 'a' })), rest = {}) =>
      createCredentialProvider(exchanger, {
        source,
        cache,
        clock,
        random: options.random ?? (() => 0.5),
        onEvent: (event) => events.push(event),
        ...rest,
      }),
    types: () => events.map(({ type }) => type),
  };
  return own;
}

/** A promise to be settled from outside. */
export function gate<T = void>(): {
  readonly promise: Promise<T>;
  open(value: T): void;
  fail(error: unknown): void;
} {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  promise.catch(() => undefined);
  return { promise, open, fail };
}

/** Unhandled rejections while the test ran. */
export function unhandled(): { readonly seen: unknown[]; stop(): Promise<unknown[]> } {
  const seen: unknown[] = [];
  const note = (reason: unknown): void => void seen.push(reason);
  process.on('unhandledRejection', note);
  return {
    seen,
    async stop() {
      await settle();
      process.off('unhandledRejection', note);
      return seen;
    },
  };
}

/** A fixture whose provider has a cached credential of this age. */
export async function holding(at: number, invocation?: (now: number) => Invocation) {
  const w = fixture();
  const options = invocation === undefined ? {} : { invocation: () => invocation(w.clock.now()) };
  const provider = w.provider(undefined, options);
  const first = await provider.getCredentials();
  await w.clock.advance(at);
  return { w, provider, first };
}

/** What is loaded with the first failure is loaded here, so that no test waits for a file while its clock stands still. */
async function loadFailures(): Promise<void> {
  const answer = (): Promise<never> => Promise.reject(refusal('unknown'));
  const aborted = { signal: AbortSignal.abort() };
  const unnamed = sourceOf(makeJwt, { identityKey: undefined });
  const elsewhere = sourceOf(makeJwt, { token: () => Promise.reject(new Error('no token')) });
  await Promise.allSettled([
    fixture({ answer }).provider().getCredentials(),
    fixture().provider().getCredentials(aborted),
    fixture().provider(elsewhere).getCredentials(),
    fixture().provider(unnamed).getCredentials(),
    fixture()
      .provider(undefined, { expect: { projectId: 'prj_other' } })
      .getCredentials(),
    withCallerDeadline(
      { provider: 'test', clock: systemClock, ...aborted, invocation: undefined, limitMs: 1 },
      () => Promise.resolve(),
    ),
  ]);
}

await loadFailures();
