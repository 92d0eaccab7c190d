/** The portable provider over an exchanger: what every cloud's factory is made with. */

import type { CredentialCache } from './cache.js';
import { findSlot, processWideCache, touch } from './cache.js';
import type { CallerCopy } from './caller-copy.js';
import { callerCopy, callerError, isNested, matchesRecord } from './caller-copy.js';
import { canonicalJson } from './canonical.js';
import { since, systemClock } from './clock.js';
import type {
  Clock,
  Credential,
  CredentialProvider,
  CredentialStatus,
  Exchanger,
  Json,
  Subject,
  SubjectTokenSource,
} from './contract.js';
import type { DriverCall } from './driver-call.js';
import { NOTHING, ownCall } from './driver-call.js';
import type { Engine } from './engine.js';
import { createEngine, ownDigest } from './engine.js';
import { OptionError } from './errors.js';
import type { OnEvent } from './events.js';
import { createEmitter } from './events.js';
import type { Expectation } from './expectation.js';
import { normalizeExpectation } from './expectation.js';
import type { Fetch } from './http.js';
import type { Invocation } from './invocation.js';
import { digestPartition, keyText, knownKey, platformPartition, valueKey } from './keys.js';
import { invalidOption, optionalClock, optionalFunction, optionalInteger, ownOptions } from './options.js';
import { memberOf, optionNames } from './own.js';
import { abortedError, patiently } from './patience.js';
import { decide, decideAsSdk } from './policy.js';
import type { Ask } from './resolve.js';
import { resolve } from './resolve.js';
import { statusOf } from './status.js';
import { transportOf } from './transport.js';

/** Options that core takes, the same for every cloud. */
export interface CredentialProviderOptions {
  readonly source: SubjectTokenSource;
  /** Ask the platform for a subject token of this audience first. */
  readonly audience?: string | undefined;
  readonly expect?: Expectation | undefined;
  /** Default: the process-wide cache. */
  readonly cache?: CredentialCache | undefined;
  /** How long one exchange may take in all, in milliseconds, 100 to 60,000; default 8,000. */
  readonly timeoutMs?: number | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** A number from 0 (included) to 1 (excluded), as `Math.random`. */
  readonly random?: (() => number) | undefined;
  readonly onEvent?: OnEvent | undefined;
  /** What the platform says of the invocation being served; asked where an exchange may be needed. */
  readonly invocation?: (() => Invocation | undefined) | undefined;
  /** The lifetime that the user asked for, in milliseconds: a refresh window of half of it is refused. */
  readonly lifetimeMs?: number | undefined;
}

export interface DriverProvider<C extends Credential, R> extends CredentialProvider<C, R> {
  getCredentials(call?: DriverCall<R>): Promise<C>;
  /** The same, but what is held comes without a promise: one of those costs as much as all the rest of a hit. */
  ask(call?: DriverCall<R>): C | Promise<C>;
}

const OPTION_NAMES: readonly string[] = optionNames<CredentialProviderOptions>({
  source: true,
  audience: true,
  expect: true,
  cache: true,
  timeoutMs: true,
  fetch: true,
  clock: true,
  random: true,
  onEvent: true,
  invocation: true,
  lifetimeMs: true,
});

/**
 * A credential that a service refuses within its first seconds is not refused for its age. The rules that the AWS
 * SDKs share know no such limit: there, `invalidate` holds at any age.
 */
const INVALIDATE_AFTER_MS: Readonly<Record<CredentialCache['profile'], number>> = {
  default: 10_000,
  'aws-sdk': 0,
};
const MAX_OWN_KEYS = 1_024;

/**
 * The portable provider of one driver. Each call returns an object, and throws an error, of the caller's own.
 * `copyOf`: makes that object; default: a copy of every field.
 *
 * @throws OptionError for an option out of its range
 */
export function createCredentialProvider<C extends Credential, R = void, V extends C = C>(
  exchanger: Exchanger<C, R>,
  given: CredentialProviderOptions,
  copyOf: CallerCopy<C, V> = callerCopy as CallerCopy<C, V>,
): DriverProvider<V, R> {
  const options = ownOptions('createCredentialProvider', given, OPTION_NAMES);
  const { source } = options;
  const { provider } = exchanger;
  const cache = assertCache(options.cache) ?? processWideCache();
  const clock = optionalClock(options.clock) ?? systemClock;
  const emitter = createEmitter(optionalFunction({ option: 'onEvent' }, options.onEvent));
  const expectation = normalizeExpectation(options.expect);
  const engine: Engine<C, R> = createEngine({
    exchanger,
    cache,
    audience: options.audience,
    expectation,
    timeoutMs: optionalInteger({ option: 'timeoutMs' }, options.timeoutMs, 100, 60_000) ?? 8_000,
    transport: transportOf(optionalFunction({ option: 'fetch' }, options.fetch)),
    clock,
    random: optionalFunction({ option: 'random' }, options.random) ?? Math.random,
    emitter,
  });
  if (cache.profile === 'default') refuseWideWindow(cache, options.lifetimeMs);
  const { state } = cache;
  const choose = cache.profile === 'aws-sdk' ? decideAsSdk : decide;
  const fields = {
    provider,
    audience: options.audience,
    expectation: canonicalJson((expectation ?? null) as Json),
  };
  /** The keys this provider asked for: what `invalidate()` without a credential may touch. */
  const ownKeys = new Set<string>();
  const plain: Plain = { partition: undefined, key: '', target: undefined };
  let lastPartition: string | undefined;

  return {
    async getCredentials(call?: DriverCall<R>): Promise<V> {
      const credential = ask(call);
      // Awaited here, so that an error's stack leads to the caller.
      return credential instanceof Promise ? await credential : credential;
    },
    ask,

    invalidate(which?: V | ((held: V) => boolean)): void {
      if (which !== undefined && typeof which !== 'function' && (typeof which !== 'object' || which === null))
        throw invalidOption({ option: 'which' }, 'a credential, a function or left out', which);
      // A credential is known by its content wherever it is held; a rule or nothing means this provider's own.
      const keys = typeof which === 'object' ? state.slots.keys() : ownKeys;
      for (const key of keys) {
        const slot = state.slots.get(key);
        if (slot?.held === undefined || slot.provider !== provider || slot.invalidated) continue;
        if (
          since(slot.held.received, clock) < INVALIDATE_AFTER_MS[cache.profile] ||
          !matchesRecord(which, slot.held.credential as C, slot.held.nested, copyOf)
        )
          continue;
        slot.invalidated = true;
        slot.generation = ++state.sequence;
        slot.leastGeneration = slot.generation;
        emitter.emit({ type: 'invalidated', provider });
      }
    },

    status(call?: { readonly request?: Partial<R> | undefined }): CredentialStatus {
      const partition = memberOf(source.capture(), 'partition');
      // Whose token it is can't be known without reading it: then the last one that was read is meant.
      const whose = partition === undefined ? lastPartition : platformPartition(partition);
      const target = targetOf(ownCall(call).request);
      const key = whose === undefined ? undefined : knownKey(cache, keyText({ ...fields, target }, whose));
      return statusOf(key === undefined ? undefined : findSlot(state, key), clock);
    },
  };

  function ask(asked?: DriverCall<R>): V | Promise<V> {
    const call = asked === undefined ? undefined : ownCall(asked);
    const subject = source.capture();
    if (asksNothing(call) && subject.partition !== undefined && subject.partition === plain.partition) {
      const slot = state.slots.get(plain.key);
      const held = slot?.held;
      if (
        slot !== undefined &&
        held !== undefined &&
        !slot.invalidated &&
        since(held.received, clock) < held.schedule.refreshAge
      ) {
        touch(state, plain.key, slot);
        slot.served += 1;
        if (emitter.listening) emitter.emit({ type: 'served', provider, from: 'cache' });
        return copyOf(held.credential as C, held.nested);
      }
    }
    return answer(subject, call ?? (NOTHING as DriverCall<R>));
  }

  async function answer(subject: Subject, call: DriverCall<R>): Promise<V> {
    // Thrown before anything is awaited, these two have the caller's stack by themselves.
    if (call.signal?.aborted === true) throw abortedError(provider);
    const target = targetOf(call.request);
    try {
      const record = await answered(subject, call, target);
      return copyOf(record, isNested(record));
    } catch (error) {
      // Others may wait for the same exchange, or be refused by the same error later.
      throw callerError(error);
    }
  }

  async function answered(subject: Subject, call: DriverCall<R>, target: string): Promise<C> {
    const common: Omit<Ask<R>, 'key' | 'subject'> = {
      request: (call.request ?? NOTHING) as R,
      lateRequest: call.lateRequest,
      anew: call.forceRefresh === true ? 'after-now' : call.skipHeld === true ? 'joining' : 'no',
      signal: call.signal,
      invocation: options.invocation?.(),
      sequence: ++state.sequence,
    };
    if (subject.partition !== undefined) {
      const key = await own(target, platformPartition(subject.partition));
      if (call.request === undefined) Object.assign(plain, { partition: subject.partition, key });
      const credential = await resolve(engine, choose, { ...common, key, subject });
      if (credential !== undefined) return credential;
    }
    const patience = {
      provider,
      clock,
      signal: call.signal,
      invocation: common.invocation,
      limitMs: engine.tools.timeoutMs,
    };
    const mine = await patiently(patience, (signal) => ownDigest(engine.tools, subject, signal));
    const key = await own(target, digestPartition(mine.digest));
    return (await resolve(engine, choose, { ...common, key, subject: mine.subject })) as C;
  }

  function targetOf(request: Partial<R> | undefined): string {
    if (request !== undefined) return canonicalJson(exchanger.target(request as R));
    return (plain.target ??= canonicalJson(exchanger.target(NOTHING as R)));
  }

  async function own(target: string, partition: string): Promise<string> {
    const key = await valueKey(cache, keyText({ ...fields, target }, partition));
    if (ownKeys.size >= MAX_OWN_KEYS && !ownKeys.has(key))
      ownKeys.delete(ownKeys.keys().next().value as string);
    ownKeys.add(key);
    lastPartition = partition;
    return key;
  }
}

/** Whether what is held answers the call as it is: what a driver asks for late is asked for on a miss only. */
function asksNothing(call: DriverCall<unknown> | undefined): boolean {
  return (
    call === undefined ||
    (call.request === undefined &&
      call.signal === undefined &&
      call.forceRefresh !== true &&
      call.skipHeld !== true)
  );
}

/** The last partition that asked with no request of its own, and its key: the hot path compares two strings. */
interface Plain {
  partition: string | undefined;
  key: string;
  target: string | undefined;
}

function assertCache(cache: CredentialCache | undefined): CredentialCache | undefined {
  // The contract's version is its type: plain data, of whichever copy of this package.
  if (cache === undefined || (cache as CredentialCache | null)?.contract === 'credex.cache.v1') return cache;
  throw invalidOption({ option: 'cache' }, 'what createCredentialCache() gave', cache);
}

/** Refreshing a credential when half of its life is over, in every instance at once, is how refresh storms begin. */
function refuseWideWindow({ refreshAheadMs }: CredentialCache, lifetimeMs: number | undefined): void {
  if (refreshAheadMs === undefined || lifetimeMs === undefined || refreshAheadMs < lifetimeMs / 2) return;
  throw new OptionError(
    'conflicting_options',
    'refreshAheadMs',
    undefined,
    `\`refreshAheadMs\` (${refreshAheadMs}) must be less than half of the duration asked for (${lifetimeMs} ms).`,
  );
}
