/**
 * A process small enough to explore: a few identities, two callers, and exchanges that end when and how the explorer
 * says. The engine in it is the real one; time, source and cloud are simulated.
 */

import { createHash } from 'node:crypto';
import type { CredentialCache } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import type { DriverProvider, ErrorClass, Exchanger } from '@credex/core/internal';
import { createCredentialProvider } from '@credex/core/internal';
import type { Instant, ManualTime } from './manual-time.js';
import { manualTime } from './manual-time.js';

/** The engine under test: the real one, or one with a rule broken on purpose. */
export interface Core {
  readonly createCredentialCache: typeof createCredentialCache;
  readonly createCredentialProvider: typeof createCredentialProvider;
}

export const realCore: Core = { createCredentialCache, createCredentialProvider };

/** Names its owner and its exchange, so that any mix-up shows. */
export interface Secret {
  readonly owner: string;
  readonly request: string;
  readonly serial: number;
  readonly expiresAt: number;
}

export interface Wish {
  readonly claims?: string;
}

export interface Identity {
  readonly name: string;
  readonly identityKey: string | undefined;
  /** Its token does not belong to the identity key of its process. */
  readonly otherIdentity?: boolean;
  /** The cloud refuses its token, whose claims were copied. */
  readonly forged?: boolean;
}

export const KINDS = ['plain', 'abortable', 'force', 'claims'] as const;
/** `abortable`: a plain call that can be given up; the others can as well. */
export type Kind = (typeof KINDS)[number];

export const ENDINGS = ['ok', 'recoverable', 'hopeless', 'refused'] as const;
/** `refused`: a failure that says something of the token only. */
export type Ending = (typeof ENDINGS)[number];

export interface Caller {
  readonly number: number;
  readonly who: Identity;
  readonly kind: Kind;
  readonly at: Instant;
  readonly controller: AbortController | undefined;
  end: { readonly credential: Secret } | { readonly error: unknown } | undefined;
}

/** One request to the cloud. */
export interface Gate {
  readonly serial: number;
  readonly who: Identity;
  readonly request: string;
  readonly at: Instant;
  /** How many calls had been made when it opened. */
  readonly calls: number;
  readonly signal: AbortSignal;
  /** The engine's refresh that this request is a part of. */
  readonly refresh: Refresh | undefined;
  ended: { readonly how: Ending; readonly at: Instant } | undefined;
  readonly settle: (how: Ending) => void;
}

export interface ExplorerHarness {
  readonly time: ManualTime;
  readonly cache: CredentialCache;
  readonly provider: DriverProvider<Secret, Wish>;
  readonly identities: readonly Identity[];
  readonly callers: Caller[];
  readonly gates: Gate[];
  /** What each gate gave, by its serial. */
  readonly issued: Secret[];
  /** The gates in the order in which they ended, and how many had when each caller came. */
  readonly endings: Gate[];
  readonly endingsBefore: number[];
  /** The engine's count when each caller came. */
  readonly sequences: number[];
  /** How many exchanges were begun. */
  exchanges: number;
  call(who: Identity, kind: Kind): Caller;
  /** As a process of that identity does it. */
  as<T>(who: Identity, work: () => T): T;
  /** The cache's key for what that identity holds; `undefined` before it asked. */
  keyOf(who: Identity): string | undefined;
  entryOf(who: Identity): CacheEntry | undefined;
  /** Of its token. */
  digestOf(who: Identity): string;
}

type CacheEntry = CredentialCache['state']['entries'] extends Map<string, infer E> ? E : never;
export type Refresh = CredentialCache['state']['refreshes'] extends Map<string, infer R> ? R : never;

export const LIFETIME_MS = 3_600_000;
const FAR = 4_102_444_800;

const CLASSES: Readonly<Record<Exclude<Ending, 'ok'>, ErrorClass>> = {
  recoverable: { code: 'unavailable', retry: 'now' },
  hopeless: { code: 'target_not_found', retry: 'never' },
  refused: { code: 'token_rejected', retry: 'never' },
};

class CloudError extends Error {
  readonly how: Exclude<Ending, 'ok'>;
  readonly serial: number;
  constructor(how: Exclude<Ending, 'ok'>, serial: number) {
    super(how);
    this.how = how;
    this.serial = serial;
  }
}

export interface ExplorerHarnessOptions {
  readonly core: Core;
  readonly identities: readonly Identity[];
  readonly random: () => number;
  /** Whether the exchange is one HTTP step, with its own limit and retries, or work that heeds no signal. */
  readonly steps: boolean;
}

export function explorerHarness({
  core,
  identities,
  random,
  steps,
}: ExplorerHarnessOptions): ExplorerHarness {
  const time = manualTime();
  const cache = core.createCredentialCache();
  const tokens = new Map(
    identities.map((who) => [
      who.name,
      { jwt: `token-${who.name}`, claims: { sub: who.name, exp: FAR }, expiresAt: FAR * 1_000 },
    ]),
  );
  const digests = new Map(identities.map(({ name }) => [name, sha256(`token-${name}`)]));
  let current = identities[0] as Identity;

  const exchanger: Exchanger<Secret, Wish> = {
    specificationVersion: 'v1',
    provider: 'played',
    cacheKeyFields: () => ({}),
    parseStored: (record) => record as Secret,
    classify(error) {
      if (error instanceof CloudError) return { ...CLASSES[error.how], serverCode: String(error.serial) };
      return error instanceof DOMException
        ? { code: 'timeout', retry: 'now' }
        : { code: 'unknown', retry: 'never' };
    },
    async exchange(request, context) {
      harness.exchanges += 1;
      const { claims } = await context.subject();
      const who = identities.find(({ name }) => name === claims.sub) as Identity;
      const cloud = (signal: AbortSignal) => open(harness, who, request.claims ?? '', signal);
      return { credential: await (steps ? context.step('host', cloud) : cloud(context.signal)) };
    },
  };

  const harness: ExplorerHarness = {
    time,
    cache,
    identities,
    callers: [],
    gates: [],
    issued: [],
    endings: [],
    endingsBefore: [],
    sequences: [],
    exchanges: 0,
    provider: core.createCredentialProvider(exchanger, {
      clock: time.clock,
      cache,
      random,
      source: {
        capture() {
          const who = current;
          return {
            identityKey: who.identityKey,
            matchesIdentity: (claims) => who.otherIdentity !== true || claims.sub !== who.name,
            token: () => Promise.resolve(tokens.get(who.name) as never),
          };
        },
      },
    }),
    as(who, work) {
      const before = current;
      current = who;
      try {
        return work();
      } finally {
        current = before;
      }
    },
    call(who, kind) {
      const caller: Caller = {
        number: harness.callers.length,
        who,
        kind,
        at: time.now(),
        controller: kind === 'plain' ? undefined : new AbortController(),
        end: undefined,
      };
      harness.endingsBefore.push(harness.endings.length);
      harness.sequences.push(cache.state.sequence);
      harness.callers.push(caller);
      const call = {
        signal: caller.controller?.signal,
        ...(kind === 'force' ? { forceRefresh: true } : {}),
        ...(kind === 'claims' ? { request: { claims: 'x' }, skipCached: true } : {}),
      };
      harness
        .as(who, () => harness.provider.getCredentials(kind === 'plain' ? undefined : call))
        .then(
          (credential) => (caller.end = { credential }),
          (error: unknown) => (caller.end = { error }),
        );
      return caller;
    },
    keyOf(who) {
      const identityKey =
        who.identityKey === undefined || who.otherIdentity === true
          ? `digest:${harness.digestOf(who)}`
          : `platform:${who.identityKey}`;
      for (const [text, key] of cache.state.keys) if (text.includes(identityKey)) return key;
      return undefined;
    },
    digestOf: (who) => digests.get(who.name) as string,
    entryOf(who) {
      const key = harness.keyOf(who);
      return key === undefined
        ? undefined
        : (cache.state.entries.get(key) ?? cache.state.candidates.get(key));
    },
  };
  return harness;
}

/** A request to the cloud, in flight until the explorer ends it. */
function open(
  harness: ExplorerHarness,
  who: Identity,
  request: string,
  signal: AbortSignal,
): Promise<Secret> {
  const refresh = refreshOf(harness, who, request);
  return new Promise((resolve, reject) => {
    const gate: Gate = {
      serial: harness.gates.length,
      who,
      request,
      at: harness.time.now(),
      calls: harness.callers.length,
      signal,
      refresh,
      ended: undefined,
      settle(how) {
        gate.ended = { how, at: harness.time.now() };
        harness.endings.push(gate);
        if (how !== 'ok') {
          reject(new CloudError(how, gate.serial));
          return;
        }
        const expiresAt = harness.time.now().wall + LIFETIME_MS;
        harness.issued[gate.serial] = { owner: who.name, request, serial: gate.serial, expiresAt };
        resolve(harness.issued[gate.serial] as Secret);
      },
    };
    harness.gates.push(gate);
  });
}

/** The newest refresh in flight of that identity and request that the engine knows of. */
function refreshOf(harness: ExplorerHarness, who: Identity, request: string): Refresh | undefined {
  const text = JSON.stringify(request === '' ? {} : { claims: request });
  let newest: Refresh | undefined;
  for (const digest of ['', `\n${harness.digestOf(who)}`]) {
    const refresh = harness.cache.state.refreshes.get(`${harness.keyOf(who) ?? ''}\n${text}${digest}`);
    if (refresh !== undefined && (newest === undefined || refresh.sequence > newest.sequence))
      newest = refresh;
  }
  return newest;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
