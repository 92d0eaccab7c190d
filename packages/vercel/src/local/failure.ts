/** Errors on a laptop: each names the file that it concerns and the command that fixes it. */

import type { FederationErrorInit } from '@credex/core';
import { FederationError } from '@credex/core';

export interface FailureInit extends Omit<FederationErrorInit, 'provider' | 'hint'> {
  /** One sentence; names the file. */
  readonly message: string;
  /** Names the command. */
  readonly hint: string;
}

/** An internal failure, to which notes about stale .env files are added before the user sees it. */
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

/** The error for the user; `notes` are appended to the hint. Any other error is returned unchanged. */
export function shownError(error: unknown, notes: readonly string[] = []): unknown {
  if (!(error instanceof LocalFailure)) return error;
  const { hint } = error.init;
  return new FederationError({ ...error.init, provider: 'vercel', hint: [hint, ...notes].join(' ') });
}

/** The system's error code, such as `EACCES`. */
export function codeOf(error: unknown): string {
  const code: unknown = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'unknown error';
}

/** True if the file, or a folder of its path, does not exist. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
}
