/** The options and the interface of a verifier. Types only. */

import type { Clock, Fetch, SubjectClaims } from '@credex/core';

/** The claims of a verified token, with the names that they have in the token. Frozen. */
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
  /** Only in development tokens: the user who pulled it. */
  readonly user_id?: string;
}

/** One value, a list of accepted values, or `'*'` for any value. */
export type Allowed = string | readonly string[];

/**
 * Which callers are accepted: a token matches a rule if it matches every member of the rule exactly. A rule must have the
 * project (`projectId` or `project`) and the `environment`; `'*'` accepts any value.
 */
export interface AllowRule {
  /** `prj_…`: does not change when the project is renamed. */
  readonly projectId?: Allowed | undefined;
  /** `team_…`: does not change when the team is renamed. */
  readonly ownerId?: Allowed | undefined;
  readonly environment?: Allowed | undefined;
  readonly project?: Allowed | undefined;
  /** The team's slug. */
  readonly owner?: Allowed | undefined;
  /** The whole `sub`. */
  readonly subject?: Allowed | undefined;
  /** `user_…`: the user who pulled a development token. */
  readonly userId?: Allowed | undefined;
}

export interface TokenVerifierOptions {
  /** The team's slug, in team issuer mode: the issuer is `https://oidc.vercel.com/{team}`. Either this or `issuer`. */
  readonly team?: string | readonly string[] | undefined;
  /** The exact issuer: `https://oidc.vercel.com` in global issuer mode. Either this or `team`. */
  readonly issuer?: string | readonly string[] | undefined;
  /** Required. The accepted audiences. Best: the URL of your API, see the README. */
  readonly audience: string | readonly string[];
  /** Required, at least one rule. */
  readonly allow: readonly AllowRule[];
  /** Accepted signature algorithms. Default: `['RS256']`, which Vercel uses. */
  readonly algorithms?: readonly string[] | undefined;
  /** The accepted difference between the clocks of issuer and verifier, in seconds, 0 to 300. Default: 5. */
  readonly clockToleranceSeconds?: number | undefined;
  /** The URL of the keys; with one issuer only. Default: `{issuer}/.well-known/jwks`. */
  readonly jwksUri?: string | undefined;
  /** Allow `http:` on loopback for `jwksUri` and `issuer`, for an emulator. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
  /** The longest time for one fetch of the keys, in milliseconds, 1 to 60,000. Default: 5,000. */
  readonly timeoutMs?: number | undefined;
  /** The number of checked signatures to remember, 0 to 100,000; 0 disables it. Default: 1,000. */
  readonly memoSize?: number | undefined;
  /** Fetches the keys. Default: `node:https` on Node, the global fetch on other runtimes. */
  readonly fetch?: Fetch | undefined;
  /** Default: the system's clocks. */
  readonly clock?: Clock | undefined;
}

/** A rule in effect: each member as a list of values. Frozen, plain data. */
export type RuleInEffect = { readonly [Name in keyof AllowRule]?: readonly string[] } & {
  /** The members that are `'*'` and so match any value. */
  readonly leavesOpen: readonly (keyof AllowRule)[];
};

export interface TokenVerifier {
  /**
   * Verifies a token (the bare JWT, without `Bearer `) and returns its claims. `signal` aborts the wait of this caller only.
   *
   * @throws TokenVerificationError if the token is not accepted, or the keys could not be fetched.
   */
  verify(token: string, call?: { readonly signal?: AbortSignal | undefined }): Promise<VercelTokenClaims>;
}

/** The result of `createTokenVerifier`. */
export interface VercelTokenVerifier extends TokenVerifier {
  /** The rules in effect, for a log line at startup or a test. Frozen, plain data. */
  readonly rules: readonly RuleInEffect[];
}
