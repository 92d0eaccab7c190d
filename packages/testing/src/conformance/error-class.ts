/** What `classify` may say. */

import assert from 'node:assert/strict';
import type { Credential, FederationErrorCode, PresentedToken } from '@credex/core';
import type { ErrorClass, Exchanger } from '@credex/core/driver';

/** Whether each code passes without a change of anything. */
const CODES = {
  no_subject_token: false,
  invalid_subject_token: false,
  subject_token_expired: false,
  subject_token_not_yet_valid: false,
  subject_mismatch: false,
  no_fresher_token: false,
  token_rejected: false,
  issuer_mismatch: false,
  audience_mismatch: false,
  subject_not_allowed: false,
  subject_case_mismatch: false,
  access_denied: false,
  target_not_found: false,
  invalid_request: false,
  region_disabled: false,
  throttled: true,
  unavailable: true,
  network: true,
  timeout: true,
  redirect_refused: false,
  invalid_response: true,
  clock_skew: true,
  aborted: false,
  unknown: false,
} satisfies Record<FederationErrorCode, boolean>;

export const TRANSIENT: ReadonlySet<string> = new Set(
  Object.entries(CODES).flatMap(([code, passes]) => (passes ? [code] : [])),
);

const isMilliseconds = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** Each field that may be left out, and what it is where it isn't. */
const FIELDS: Readonly<Record<Exclude<keyof ErrorClass, 'code' | 'retry'>, (value: unknown) => boolean>> = {
  throttled: (value) => typeof value === 'boolean',
  retriesAtMost: (value) => Number.isInteger(value) && (value as number) >= 0,
  suspectsToken: (value) => typeof value === 'boolean',
  retryAfterMs: isMilliseconds,
  status: (value) => Number.isInteger(value),
  serverCode: (value) => typeof value === 'string',
  serverMessage: (value) => typeof value === 'string',
  hint: (value) => typeof value === 'string' && value !== '',
};

/** What `classify` says of `thrown`, at once or by a promise; fails where it throws. */
export async function classified<C extends Credential, R>(
  exchanger: Pick<Exchanger<C, R>, 'classify'>,
  thrown: unknown,
  presented: PresentedToken | undefined,
  what: string,
): Promise<ErrorClass> {
  try {
    return await exchanger.classify(thrown, presented);
  } catch {
    // What it threw may hold the token: it is not told.
    assert.fail(`classify threw for ${what}.`);
  }
}

export function assertErrorClass(found: ErrorClass): void {
  assert.equal(typeof found, 'object');
  assert.ok(Object.hasOwn(CODES, found.code), `'${String(found.code)}' is no code.`);
  assert.ok(['now', 'fresh-subject', 'never'].includes(found.retry), `'${found.retry}' is no advice.`);
  for (const [name, fits] of Object.entries(FIELDS)) {
    const value: unknown = found[name as keyof ErrorClass];
    assert.ok(value === undefined || fits(value), `\`${name}\` is of the wrong type.`);
  }
}
