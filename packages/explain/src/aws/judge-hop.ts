/** What the trust policy of a role decides about the session of another role, or the user, that assumes it. */

import { decide } from './evaluate.js';
import type { Decision, JudgedStatement } from './evaluate.js';
import type { Policy } from './policy-document.js';
import type { Lookup } from './request-keys.js';
import { principalMatch } from './role-session.js';
import type { HopCaller } from './role-session.js';
import { ASSUME_ROLE, sessionActions } from './session-tags.js';
import type { Passed, RequestedSession } from './session-tags.js';

export interface HopRequest {
  readonly caller: HopCaller;
  /** What the caller's session passes on. */
  readonly passed: Passed;
  readonly requested: RequestedSession;
  /** The role's ARN. */
  readonly resource: string;
  readonly keys: Lookup;
}

export interface HopDecision {
  readonly action: string;
  readonly effect: Decision['effect'];
  readonly statements: readonly JudgedStatement[];
  /** An Allow names the caller, or the role whose session it is, so that in one account no identity policy is needed as well. */
  readonly isNamed: boolean;
}

/** One decision for each action that the request needs: `sts:AssumeRole` first. */
export function judgeHop(
  policy: Policy,
  { caller, passed, requested, resource, keys }: HopRequest,
): readonly HopDecision[] {
  return [ASSUME_ROLE, ...sessionActions(requested, passed)].map((action) => {
    const { effect, statements } = decide([policy], {
      action,
      resource,
      keys,
      isCaller: (principal) => {
        const match = principalMatch(principal, caller);
        return match === undefined ? undefined : match !== false;
      },
    });
    const isNamed = statements.some(
      ({ statement, applies }) =>
        statement.effect === 'Allow' &&
        applies === true &&
        statement.principals.some((principal) => principalMatch(principal, caller) === 'named'),
    );
    return { action, effect, statements, isNamed };
  });
}
