/** What a verifier takes and promises. Types only; nothing here runs. */

import type { Clock, Fetch, SubjectClaims } from '@credex/core';

/** The claims of a token that was verified, under their names in the token. Frozen. */
export interface VercelTokenClaims extends SubjectClaims {
  /** `https://oidc.vercel.com/{team}`, or `https://oidc.vercel.com` in global issuer mode. */
  readonly iss: string;
  readonly aud: string | readonly string[];
  /** `owner:{team}:project:{project}:environment:{environment}`. */
  readonly sub: string;
  /** The team's slug; it changes when the team is renamed. */
  readonly owner: string;
  /** `team_…`; never changes. */
  readonly owner_id: string;
  /** The project's name; it changes when the project is renamed. */
  readonly project: string;
  /** `prj_…`; never changes. */
  readonly project_id: string;
  /** `production`, `preview`, `development` or the slug of a custom environment. */
  readonly environment: string;
  /** Epoch seconds. */
  readonly exp: number;
  /** Epoch seconds. */
  readonly iat: number;
  /** In development tokens alone: who pulled it. */
  readonly user_id?: string;
}

/** One value, several of which any will do, or `'*'`: left open, and said so. */
export type Allowed = string | readonly string[];

/**
 * Who is let in: a token passes a rule where each member that is named matches, letter by letter. A rule names the
 * project (`projectId`, or `project`) and the `environment`; what it leaves open on purpose it says by `'*'`.
 */
export interface AllowRule {
  /** `prj_…`: outlives a rename. */
  readonly projectId?: Allowed | undefined;
  /** `team_…`: outlives a rename. */
  readonly ownerId?: Allowed | undefined;
  readonly environment?: Allowed | undefined;
  readonly project?: Allowed | undefined;
  /** The team's slug. */
  readonly owner?: Allowed | undefined;
  /** The whole `sub`. */
  readonly subject?: Allowed | undefined;
  /** `user_…`: who pulled a development token. */
  readonly userId?: Allowed | undefined;
}

export interface TokenVerifierOptions {
  /** The team's slug, in team issuer mode: the issuer is `https://oidc.vercel.com/{team}`. Either this or `issuer`. */
  readonly team?: string | readonly string[] | undefined;
  /** The issuer as the token says it: `https://oidc.vercel.com` in global issuer mode. Either this or `team`. */
  readonly issuer?: string | readonly string[] | undefined;
  /** Required. A token passes that is meant for one of these. Best your API's own URL: see the README. */
  readonly audience: string | readonly string[];
  /** Required, at least one rule. */
  readonly allow: readonly AllowRule[];
  /** Signature algorithms. Default: `['RS256']`, what Vercel signs with. */
  readonly algorithms?: readonly string[] | undefined;
  /** How far the clocks of issuer and verifier may be apart, in seconds: 0 to 300. Default: 5. */
  readonly clockToleranceSeconds?: number | undefined;
  /** Where the keys are; with one issuer only. Default: `{issuer}/.well-known/jwks`. */
  readonly jwksUri?: string | undefined;
  /** Allow `http:` on loopback for `jwksUri`, and an `issuer` there: for an emulator. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
  /** How long one fetch of the keys may take, in milliseconds: 1 to 60,000. Default: 5,000. */
  readonly timeoutMs?: number | undefined;
  /** How many checked signatures are remembered, 0 to 100,000; 0: none. Default: 1,000. */
  readonly memoSize?: number | undefined;
  /** Gets the keys. Default: `node:https` on Node, elsewhere the global fetch. */
  readonly fetch?: Fetch | undefined;
  /** Default: the system's clocks. */
  readonly clock?: Clock | undefined;
}

/** A rule as it is applied: each member as the list of its values. Frozen, plain data. */
export interface RuleInEffect {
  readonly projectId?: readonly string[];
  readonly ownerId?: readonly string[];
  readonly environment?: readonly string[];
  readonly project?: readonly string[];
  readonly owner?: readonly string[];
  readonly subject?: readonly string[];
  readonly userId?: readonly string[];
  /** The members said `'*'`: whatever the token has there, the rule is met. */
  readonly leavesOpen: readonly (keyof AllowRule)[];
}

export interface TokenVerifier {
  /**
   * The claims of a token that passes: the bare JWT, without `Bearer `. `signal` ends this caller's waiting alone.
   *
   * @throws TokenVerificationError where the token does not pass, or the keys could not be had.
   */
  verify(token: string, call?: { readonly signal?: AbortSignal | undefined }): Promise<VercelTokenClaims>;
}

/** What `createTokenVerifier` gives: a verifier that says whom it lets in. */
export interface VercelTokenVerifier extends TokenVerifier {
  /** For a log line at start, or for a test of your own that nothing is left open. Frozen, plain data. */
  readonly rules: readonly RuleInEffect[];
}
