/** What the steps know of the case so far. Each adds what it found. */

import type { Config, Entry } from '@credex/config';
import type { SubjectToken } from '@credex/core';
import type { EntryOptions } from '../entry/entry-options.js';
import type { AnyProvider } from '../entry/entry-provider.js';
import type { FoundToken, TokenOptions } from '../find-token.js';
import type { Io } from '../io.js';
import type { Issuer } from '../whoami/issuer.js';

export interface DoctorOptions extends EntryOptions, TokenOptions {
  /** What the cloud trusts, as its own tools print it. */
  readonly policy?: string | undefined;
}

export interface Case {
  readonly io: Io;
  readonly options: DoctorOptions;
  readonly wanted: string | undefined;
  config?: Config;
  name?: string;
  entry?: Entry;
  found?: FoundToken;
  issuer?: Issuer;
  /** What the cloud is shown: of the entry's audience. */
  token?: SubjectToken;
  /** Where the exchange goes, in order. */
  endpoints?: readonly URL[];
  provider?: AnyProvider;
}

/** What a step that went well has to say. */
export interface Passed {
  readonly says: string;
  readonly warnings?: readonly string[];
  /** True: there was nothing to look at. */
  readonly skipped?: boolean;
}

export type Step = (the: Case, signal: AbortSignal) => Promise<Passed>;

/** A developer's own profile stands in for the token: what speaks of tokens is passed over. */
export const WITHOUT_TOKEN: Passed = { says: "no token: the developer's own profile is used", skipped: true };

export function known<T>(value: T | undefined): T {
  if (value === undefined)
    throw new TypeError('A step of doctor was taken before the one that it builds on.');
  return value;
}
