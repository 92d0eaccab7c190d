/** What a step found wrong: the one thing to mend before anything after it can be judged. */

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
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.host = host;
    this.line = line;
  }
}
