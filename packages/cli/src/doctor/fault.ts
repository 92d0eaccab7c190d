/** What a step found wrong: the first thing to fix, because the steps after it depend on it. */

import { errorLine } from '@credex/core/internal';
import { EXIT } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';

/** The titles of the steps, in order. */
export const STEPS = {
  configuration: 'the configuration is valid',
  token: 'a Vercel token is available',
  claims: "the token's claims are valid",
  issuer: "the token's issuer can be reached",
  signature: "the token's signature is valid",
  cloud: "the cloud's token service can be reached",
  exchange: 'the cloud exchanges the token for a credential',
  use: 'the cloud accepts the credential',
  store: 'the shared store of credentials can be written and read',
} as const;

export type StepId = keyof typeof STEPS;

/** Exit codes by the codes of doctor's own faults. The others end with 1: the answer is no. */
export const FAULT_EXITS: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ['no_configuration', EXIT.usage],
  ['proxy_invalid', EXIT.usage],
  ['expired', EXIT.noToken],
  ['cloud_unavailable', EXIT.unreachable],
  ['connection_failed', EXIT.unreachable],
  ['dns_failed', EXIT.unreachable],
  ['http_failed', EXIT.unreachable],
  ['issuer_unavailable', EXIT.unreachable],
  ['proxy_failed', EXIT.unreachable],
  ['proxy_refused', EXIT.unreachable],
  ['proxy_unreachable', EXIT.unreachable],
  ['store_failed', EXIT.unreachable],
  ['timeout', EXIT.unreachable],
  ['tls_failed', EXIT.unreachable],
  ['tls_untrusted', EXIT.unreachable],
]);

export interface FaultMore {
  readonly hint?: string | undefined;
  /** The host that did not respond as it should. */
  readonly host?: string | undefined;
  /** The line of the configuration. */
  readonly line?: number | undefined;
  readonly cause?: unknown;
}

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;
  readonly hint: string | undefined;
  readonly host: string | undefined;
  readonly line: number | undefined;

  constructor(code: string, message: string, { hint, host, line, cause }: FaultMore = {}) {
    super(errorLine(message), cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint === undefined ? undefined : errorLine(hint);
    this.host = host;
    this.line = line;
  }
}

/** The cloud did not accept the credential. */
export const useRefused = (status: number, { host }: URL): Fault =>
  new Fault('use_refused', `${host} does not accept the credential (HTTP ${status}).`, { host });
