/** What happened beside a call. Names and times only: no token, no key, no claim of a person. */

import type { FederationErrorCode } from './contract.js';

export type CredentialEvent =
  | { readonly type: 'exchange-started'; readonly provider: string }
  | {
      readonly type: 'exchange-succeeded';
      readonly provider: string;
      readonly durationMs: number;
      readonly expiresAt: number;
    }
  | {
      readonly type: 'exchange-failed';
      readonly provider: string;
      readonly durationMs: number;
      readonly code: FederationErrorCode;
    }
  /** The token that was read isn't of the platform's partition: its digest is the key instead. */
  | { readonly type: 'partition-mismatch'; readonly provider: string }
  | { readonly type: 'evicted'; readonly provider: string }
  /** Something works otherwise than the user may think, such as a default region. */
  | { readonly type: 'warning'; readonly provider: string; readonly message: string };

export type OnEvent = (event: CredentialEvent) => void;
