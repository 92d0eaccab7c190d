/** Tokens that must never be accepted, each with the code that says why: for the verifier and its adapters. */

import { hostileClaims } from './hostile-claims.fixture.js';
import { hostileForms } from './hostile-forms.fixture.js';
import { hostileHeaders } from './hostile-headers.fixture.js';
import type { HostileRow } from './hostile-row.fixture.js';
import { hostileSignatures } from './hostile-signatures.fixture.js';
import type { HostileEmulator } from './hostile-emulator.fixture.js';
import type { TokenVerificationErrorCode } from './errors.js';

export { hostileVerifierOptions, startHostileEmulator } from './hostile-emulator.fixture.js';

export interface HostileToken {
  readonly name: string;
  readonly token: string;
  readonly code: TokenVerificationErrorCode;
  /** Whether an HTTP header can carry it as it is: short enough, visible ASCII, and something at all. */
  readonly isSendable: boolean;
}

/**
 * @param emulator of `startHostileEmulator`, and a verifier by `hostileVerifierOptions` of it
 *
 * @example
 * for (const { name, token, code } of await hostileTokens(emulator))
 *   await expect(verifier.verify(token), name).rejects.toMatchObject({ code });
 */
export async function hostileTokens(emulator: HostileEmulator): Promise<readonly HostileToken[]> {
  const now = Math.floor(emulator.clock.now() / 1000);
  const rows: readonly HostileRow[] = [
    ...hostileForms(now),
    ...hostileHeaders(now),
    ...(await hostileSignatures(emulator, now)),
    ...hostileClaims(now),
  ];
  return rows.map(([name, code, token]) => ({
    name,
    token,
    code,
    isSendable: token.length <= 8_000 && /^[\x21-\x7e]+$/.test(token),
  }));
}
