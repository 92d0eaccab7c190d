/** Who asks, where, and the cloud that answers: its credentials name whom and what they were issued for. */

import type { CredentialCache } from '@credex/core';
import type { DriverProvider, ErrorClass, Exchanger } from '@credex/core/internal';
import type { ManualTime } from './manual-time.js';
import { turn } from './manual-time.js';
import type { Core } from './explorer-harness.js';

export interface Person {
  readonly name: string;
  readonly identityKey: string | undefined;
  readonly project: string;
  /** Its token is of another project than the process, which shows only when it is read. */
  readonly otherIdentity: boolean;
  readonly forged: boolean;
  /** Whose credentials it may get: those of its process, where its token need not be read. */
  readonly mayHold: readonly string[];
  /** Whose failures it may get. */
  readonly mayFailWith: readonly string[];
}

const person = (name: string, more: Partial<Person> = {}): Person => ({
  name,
  identityKey: undefined,
  project: name,
  otherIdentity: false,
  forged: false,
  mayHold: [name],
  mayFailWith: [name],
  ...more,
});

export const PEOPLE: readonly Person[] = [
  person('ann', { identityKey: 'p' }),
  person('ben', { identityKey: 'q' }),
  // Its token is an argument: nothing but the token says whose it is.
  person('cleo'),
  // In ann's process with a token of another project, read from a file.
  person('dora', {
    identityKey: 'p',
    otherIdentity: true,
    mayHold: ['dora', 'ann'],
    mayFailWith: ['dora', 'ann'],
  }),
  // In ann's process with a token that claims to be ann's.
  person('fake', {
    identityKey: 'p',
    project: 'ann',
    forged: true,
    mayHold: ['ann'],
    mayFailWith: ['fake', 'ann'],
  }),
  // An argument that claims to be cleo's.
  person('forger', { project: 'cleo', forged: true }),
];

/** One provider of a process. */
export interface Desk {
  readonly name: string;
  readonly policy: string;
  readonly expects: string | undefined;
}

export const DESKS: readonly Desk[] = [
  { name: '1', policy: 'read', expects: undefined },
  { name: '2', policy: 'write', expects: undefined },
  { name: '3', policy: 'read', expects: 'ann' },
];

export interface Ticket {
  readonly owner: string;
  readonly policy: string;
  readonly scope: string;
  readonly claims: string;
  readonly expects: string | undefined;
  readonly expiresAt: number;
}

interface Wish {
  readonly scope?: string;
  readonly claims?: string;
}

const FAR = 4_102_444_800;
const TOKENS = new Map(
  PEOPLE.map((who) => [
    who.name,
    {
      jwt: `token-of-${who.name}`,
      claims: { sub: who.project, project_id: who.project, exp: FAR },
      expiresAt: FAR * 1_000,
    },
  ]),
);
const OWNER = new Map([...TOKENS].map(([name, { jwt }]) => [jwt, name]));

/** What is wrong with a token that the cloud refuses says nothing of another token of its identity key. */
const REFUSALS: readonly ErrorClass[] = [
  { code: 'token_rejected', retry: 'never' },
  { code: 'access_denied', retry: 'never' },
  { code: 'subject_token_expired', retry: 'fresh-subject' },
];
const FAILURES: readonly ErrorClass[] = [
  ...REFUSALS,
  { code: 'target_not_found', retry: 'never' },
  { code: 'unavailable', retry: 'now', retriesAtMost: 0 },
];

class CloudError extends Error {
  readonly meant: ErrorClass;
  constructor(meant: ErrorClass) {
    super(meant.code);
    this.meant = meant;
  }
}

export interface Cloud {
  /** The identities whose tokens fail in this run. */
  readonly failing: ReadonlySet<string>;
  exchanges(): number;
  call(
    who: Person,
    desk: Desk,
    wish: {
      readonly scope: string;
      readonly claims: string;
      readonly force: boolean;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<Ticket>;
  invalidate(who: Person, desk: Desk): void;
  /** Answers one of the requests that wait, drawn at random; says how many waited. */
  release(): number;
  releaseAll(): Promise<void>;
}

export interface CloudTools {
  readonly time: ManualTime;
  readonly cache: CredentialCache;
  readonly random: () => number;
}

export function createCloud(core: Core, { time, cache, random }: CloudTools): Cloud {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const failing = new Map<string, ErrorClass>();
  for (const who of PEOPLE) {
    if (who.forged) failing.set(who.name, pick(REFUSALS));
    else if (random() < 0.15) failing.set(who.name, pick(FAILURES));
  }
  /** With the engine's own limit around each request, or without. */
  const steps = random() < 0.3;
  const waiting: (() => void)[] = [];
  const providers = new Map<Desk, DriverProvider<Ticket, Wish>>();
  let current = PEOPLE[0] as Person;
  let exchanges = 0;

  const exchangerOf = ({ policy, expects }: Desk): Exchanger<Ticket, Wish> => ({
    specificationVersion: 'v1',
    provider: 'played',
    cacheKeyFields: ({ scope }) => ({ policy, scope: scope ?? '' }),
    parseStored: (record) => record as Ticket,
    classify: (error) => (error instanceof CloudError ? error.meant : { code: 'unknown', retry: 'never' }),
    async exchange({ scope = '', claims = '' }, context) {
      const { jwt } = await context.subject();
      const owner = OWNER.get(jwt) as string;
      const cloud = async (): Promise<{ readonly credential: Ticket }> => {
        exchanges += 1;
        if (random() < 0.6) await new Promise<void>((resolve) => waiting.push(resolve));
        const meant = failing.get(owner);
        if (meant !== undefined) throw new CloudError(meant);
        const expiresAt = time.now().wall + 3_600_000;
        return { credential: { owner, policy, scope, claims, expects, expiresAt } };
      };
      return steps ? context.step('host', cloud) : cloud();
    },
  });

  const providerOf = (desk: Desk): DriverProvider<Ticket, Wish> => {
    const made = providers.get(desk);
    if (made !== undefined) return made;
    const provider = core.createCredentialProvider(exchangerOf(desk), {
      cache,
      clock: time.clock,
      random,
      ...(desk.expects === undefined ? {} : { expect: { projectId: desk.expects } }),
      source: {
        capture() {
          const who = current;
          const token = TOKENS.get(who.name) as NonNullable<ReturnType<typeof TOKENS.get>>;
          return {
            identityKey: who.identityKey,
            matchesIdentity: () => !who.otherIdentity,
            token: ({ fresh }) => (fresh ? Promise.reject(noFresher()) : Promise.resolve(token)),
          };
        },
      },
    });
    providers.set(desk, provider);
    return provider;
  };

  const noFresher = (): Error => new CloudError({ code: 'no_fresher_token', retry: 'never' });

  const cloud: Cloud = {
    failing: new Set(failing.keys()),
    exchanges: () => exchanges,
    call(who, desk, { scope, claims, force, signal }) {
      const provider = providerOf(desk);
      const request = { ...(scope === '' ? {} : { scope }), ...(claims === '' ? {} : { claims }) };
      const plain = scope === '' && claims === '' && !force && signal === undefined;
      current = who;
      if (plain) return provider.getCredentials();
      return provider.getCredentials({
        signal,
        forceRefresh: force,
        skipCached: claims !== '',
        ...(scope === '' && claims === '' ? {} : { request }),
      });
    },
    invalidate(who, desk) {
      current = who;
      providerOf(desk).invalidate((held) => held.owner === who.name);
    },
    release() {
      const [resolve] = waiting.splice(Math.floor(random() * waiting.length), 1);
      resolve?.();
      return waiting.length;
    },
    async releaseAll() {
      for (await turn(); waiting.length > 0; await turn()) while (waiting.length > 0) cloud.release();
    },
  };
  return cloud;
}
