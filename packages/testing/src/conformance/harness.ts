/** What an exchanger's author brings to the suite. Types only. */

import type { Credential, Fetch } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';

// One rule of the driver interface, and what is needed to check it.

export interface Check {
  /** Says the rule. */
  readonly name: string;
  /** Left out where the harness can't do one of these. */
  readonly needs?: readonly Ability[];
  run<C extends Credential, R>(harness: ExchangerHarness<C, R>, options: ConformanceOptions): Promise<void>;
}

/** What servers say: no hint may be made of it, and the token in it may not get through. */
export const MARK = 'quoth-the-server';

export function wordsWith(jwt: string): string {
  return `${MARK}: this is what was sent: ${jwt}`;
}

/** `describe` and `it` as vitest, jest, mocha and node:test have them. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/** How the server meets every request from now on. */
export type Behaviour =
  /** As the cloud does: it verifies, and gives or refuses. */
  | 'succeed'
  /** Takes the request and never answers. */
  | 'hang'
  /** Refuses for good, as an administrator's mistake is refused: `words` are the server's own in its own shape. */
  | 'refuse'
  /** Is out of order: a 5xx with `words` in it. */
  | 'unavailable'
  /** Asks to slow down, in the cloud's own way. */
  | 'throttle'
  /** Ends the connection without an answer. */
  | 'reset'
  /** Sends half of a good answer. */
  | 'truncate'
  /** Status 200, and a body that is no answer: `words`. */
  | 'garbage'
  /** A good answer that lacks what a credential can't be made without. */
  | 'incomplete'
  /** Points to another URL. */
  | 'redirect';

/** What a harness can't do, or an exchanger has no need of; its checks are left out. */
export type Ability =
  | Exclude<Behaviour, 'succeed'>
  /** `tokens.expired` */
  | 'expired-token'
  /** `tokens.otherIdentity` */
  | 'other-identity-token'
  /** The exchange shows a subject token; one further along a role chain doesn't. */
  | 'subject';

/** An exchanger, and one call's request. */
export interface Asked<C extends Credential, R> {
  readonly exchanger: Exchanger<C, R>;
  readonly request: R;
}

/** One exchanger, its server and its tokens, for one test. */
export interface ExchangerHarness<C extends Credential, R> extends Asked<C, R> {
  /** JWTs. Secrets of the test: none of them may be seen in an error. */
  readonly tokens: {
    /** The server gives a credential for it. */
    readonly good: string;
    /** As good as the first one was before it expired. */
    readonly expired?: string | undefined;
    /** Valid, of somebody whom the server doesn't trust. */
    readonly otherIdentity?: string | undefined;
  };
  /** A new exchanger with equal options. */
  readonly equal: Asked<C, R>;
  /** By what is different: exchangers and requests whose credentials are good for other things. At least one. */
  readonly different: Readonly<Record<string, Asked<C, R>>>;
  /** Before it is called, the server behaves as in `succeed`. */
  behave(how: Behaviour, words: string): void;
  /** How many requests have arrived, those included that are never answered. */
  received(): number;
  /** The server's time, epoch milliseconds; default: the machine's. */
  now?(): number;
  /** Called when the test is over. */
  close?(): Promise<void> | void;
}

/** Called once for each test. */
export type HarnessFactory<C extends Credential, R> = () =>
  Promise<ExchangerHarness<C, R>> | ExchangerHarness<C, R>;

export interface ConformanceOptions {
  /** The name of the group of tests. */
  readonly name: string;
  /** What is left out. Default: nothing. */
  readonly without?: readonly Ability[] | undefined;
  /** Fields that a credential may lack. Default: none. */
  readonly optionalFields?: readonly string[] | undefined;
  /** What `context.post` sends with. Default: the global fetch. */
  readonly fetch?: Fetch | undefined;
}
