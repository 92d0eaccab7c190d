/** The form of the tables in this folder: what a party really answered, and what becomes of it. */

import type { FederationErrorCode } from '@credex/core';
import type { RetryAdvice } from '@credex/core/internal';

export interface RecordedResponse {
  /** What happened, in our words; unique in its table. */
  readonly name: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body as a fact: ids and names are replaced by those of the fixtures. An object is JSON. */
  readonly body: string | object;
  /** Where it was seen: `github:owner/repo#123`, `docs:entra/reference-error-codes`. */
  readonly source: string;
  /**
   * `recorded`: the words were printed by a real client. `documented`: the party's own documents give the code and its
   * meaning, not the whole body. `implemented`: another implementation, held against the party by its authors, has
   * the words in its tests. `guessed`: no source was found; such a row decides no class.
   */
  readonly text: 'recorded' | 'documented' | 'implemented' | 'guessed';
  readonly code: FederationErrorCode;
  readonly retry: RetryAdvice;
  readonly retriesAtMost?: number;
  /** What the hint must name; empty: that there is none. */
  readonly hint: readonly (string | RegExp)[];
  /** What the hint must not name: a cause that is not this one. */
  readonly not?: RegExp;
  /** The case of the emulator that must give this response. */
  readonly emulated?: string;
}
