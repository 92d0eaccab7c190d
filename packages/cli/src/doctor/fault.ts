/** What a step found wrong: the one thing to mend before anything after it can be judged. */

import { errorLine } from '@credex/core/internal';
import { EXIT } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';

/** In the order in which they are taken. */
export const STEPS = {
  configuration: 'the configuration is found and holds',
  token: 'a Vercel token is at hand',
  claims: 'its claims are in order',
  issuer: 'its issuer can be reached',
  signature: 'its issuer signed it',
  cloud: "the cloud's token service can be reached",
  exchange: 'the cloud takes it for a credential',
  use: 'the credential opens the cloud',
} as const;

export type StepId = keyof typeof STEPS;

/** How doctor ends, by the codes of its own faults. Those that are not here end with 1: the answer is no. */
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
  ['timeout', EXIT.unreachable],
  ['tls_failed', EXIT.unreachable],
  ['tls_untrusted', EXIT.unreachable],
]);

export interface FaultMore {
  readonly hint?: string | undefined;
  /** Which host it is about. */
  readonly host?: string | undefined;
  /** Line of a configuration, where one is at fault. */
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
