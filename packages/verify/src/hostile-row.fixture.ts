/** One row of the hostile tokens, as each group of them gives it. */

import type { TokenVerificationErrorCode } from './errors.js';

export type HostileRow = readonly [name: string, code: TokenVerificationErrorCode, token: string];
