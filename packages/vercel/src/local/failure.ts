/** What goes wrong on a laptop is told with the file it is about and the command that mends it. */

import type { FederationErrorInit } from '@credex/core';
import { FederationError } from '@credex/core';

export interface FailureInit extends Omit<FederationErrorInit, 'provider' | 'hint'> {
  /** One sentence; names the file. */
  readonly message: string;
  /** Names the command. */
  readonly hint: string;
}

/** A failure on its way: whoever knows of stale .env files adds them before it is shown. */
export class LocalFailure extends Error {
  override readonly name = 'LocalFailure';
  readonly init: FailureInit;

  constructor(init: FailureInit) {
    super(init.message);
    this.init = init;
  }
}

export function failure(init: FailureInit): LocalFailure {
  return new LocalFailure(init);
}

/** What the user catches; `notes`: sentences that stand after the hint. Any other error passes as it is. */
export function shownError(error: unknown, notes: readonly string[] = []): unknown {
  if (!(error instanceof LocalFailure)) return error;
  const { hint } = error.init;
  return new FederationError({ ...error.init, provider: 'vercel', hint: [hint, ...notes].join(' ') });
}

/** The system's short code of a failed call: `EACCES`. */
export function codeOf(error: unknown): string {
  const code: unknown = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'unknown error';
}

/** Whether the file, or a folder on the way to it, isn't there at all. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
}
