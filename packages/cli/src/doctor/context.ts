/** What the steps of doctor have found so far. Each step adds what it found. */

import type { Config, Entry } from '@credex/config';
import type { Credential, SubjectToken } from '@credex/core';
import type { Cloud, Provider } from '../clouds/cloud.js';
import type { EntryOptions } from '../entry/entry-options.js';
import type { FoundToken, TokenOptions } from '../find-token.js';
import type { Io } from '../io.js';
import type { Issuer } from '../whoami/issuer.js';

export interface DoctorOptions extends EntryOptions, TokenOptions {
  /** The file with what the cloud trusts, as the cloud's own tools print it. */
  readonly policy?: string | undefined;
  /** The same for each role of `assumeRole`, in their order. */
  readonly hopPolicy?: readonly string[] | undefined;
  /** The module that exports the shared store. */
  readonly store?: string | undefined;
}

export interface DoctorContext {
  readonly io: Io;
  readonly options: DoctorOptions;
  /** The name that was given. */
  readonly wanted: string | undefined;
  config?: Config;
  name?: string;
  entry?: Entry;
  cloud?: Cloud;
  found?: FoundToken;
  issuer?: Issuer;
  /** The token that the cloud is shown: of the entry's audience. */
  token?: SubjectToken;
  /** Where the exchange goes, in order. */
  endpoints?: readonly URL[];
  provider?: Provider<Credential>;
}

/** The result of a step that passed. */
export interface Passed {
  readonly says: string;
  readonly warnings?: readonly string[];
  /** There was nothing to check. */
  readonly skipped?: boolean;
}

export type Step = (context: DoctorContext, signal: AbortSignal) => Promise<Passed>;

/** The entry uses the developer's own login in place of a token: steps about the token are skipped. */
export const WITHOUT_TOKEN: Passed = { says: "no token: the developer's own login is used", skipped: true };

export function known<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('A step of doctor ran before the step that it depends on.');
  return value;
}
