/** An account, a project and a tenant of their own for each case: all share one emulator, whose start takes long. */

import type { Emulator } from '@credex/testing/emulator';
import type { Printed } from './printed.js';

export interface Place {
  readonly emulator: Emulator;
  /** Of AWS. */
  readonly account: string;
  /** Of Google Cloud. */
  readonly projectNumber: string;
  readonly email: string;
  /** Of Entra. */
  readonly tenantId: string;
  readonly clientId: string;
}

/** Puts one form of what was printed into a place. */
export type Load = (place: Place, printed: Printed) => Promise<void>;
/** Whether the place lets the token in. */
export type Enters = (place: Place, token: string) => Promise<boolean>;

/** `count`: another one for each case. */
export function placeOf(emulator: Emulator, count: number): Place {
  const digits = String(count).padStart(4, '0');
  return {
    emulator,
    account: `12345678${digits}`,
    projectNumber: `74261390${digits}`,
    email: `shop-${digits}@acme-prod.iam.gserviceaccount.com`,
    tenantId: `6c1b7f5e-2a4d-4f7e-9a55-3c1d6b3f${digits}`,
    clientId: `f3d2a9c4-8e17-4b0a-b6de-51c0a7e9${digits}`,
  };
}
