/**
 * The claims of a decoded token (RFC 7519, section 4, and OpenID Connect Core, section 2). A token of Vercel has all of
 * those that are named here; any other claim is read as well.
 */
export interface TokenClaims {
  readonly iss?: string;
  readonly aud?: string | readonly string[];
  readonly sub?: string;
  /** Epoch seconds, as `nbf` and `iat`. */
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
  /** The slug and the id of the team. */
  readonly owner?: string;
  readonly owner_id?: string;
  /** The name and the id of the project. */
  readonly project?: string;
  readonly project_id?: string;
  /** `production`, `preview`, `development` or the slug of a custom environment. */
  readonly environment?: string;
  readonly [claim: string]: unknown;
}
