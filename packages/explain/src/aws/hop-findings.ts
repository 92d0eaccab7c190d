/** Why the trust policy of a role refuses the session of the role before it. */

import { finding } from '../findings.js';
import type { Finding, FindingCode } from '../findings.js';
import { fitsPattern, hasVariable, hasWildcard } from './glob.js';
import type { JudgedStatement } from './evaluate.js';
import type { HopDecision } from './judge-hop.js';
import type { Policy, Statement } from './policy-document.js';
import type { Condition } from './policy-elements.js';
import type { Lookup } from './request-keys.js';
import { isMultivalued } from './request-keys.js';
import { principalMatch } from './role-session.js';
import type { RoleSession } from './role-session.js';
import { ASSUME_ROLE, SET_SOURCE_IDENTITY, TAG_SESSION } from './session-tags.js';

export interface JudgedHop {
  /** `assumeRole[0]` */
  readonly at: string;
  readonly policy: Policy;
  readonly caller: RoleSession;
  readonly keys: Lookup;
  readonly decisions: readonly HopDecision[];
}

const MISSING: Readonly<Record<string, readonly [FindingCode, string]>> = {
  [ASSUME_ROLE]: ['assume_role_missing', 'a session of another role asks for it'],
  [TAG_SESSION]: ['tag_session_missing', 'the new session has tags'],
  [SET_SOURCE_IDENTITY]: ['set_source_identity_missing', 'the new session has a source identity'],
};

export function* hopFindings(hop: JudgedHop): Generator<Finding> {
  for (const decision of hop.decisions) if (decision.effect !== 'allow') yield* whyRefused(decision, hop);
}

function* whyRefused({ action, effect, statements }: HopDecision, hop: JudgedHop): Generator<Finding> {
  const { at } = hop;
  for (const { statement, applies } of statements)
    if (statement.effect === 'Deny' && applies === true)
      yield finding(
        'explicit_deny',
        `${at}.${statement.at}`,
        `This Deny statement matches ${action} by ${hop.caller.arn}, and wins over every Allow.`,
      );
  if (effect === 'explicit-deny') return;
  const about = statements.filter(
    ({ statement, isAction, applies }) =>
      isAction && (statement.effect === 'Allow' ? applies !== true : applies === undefined),
  );
  if (!about.some(({ statement }) => statement.effect === 'Allow') && effect !== 'undecided') {
    const [code, why] = MISSING[action] ?? MISSING[ASSUME_ROLE] ?? ['assume_role_missing', ''];
    yield finding(code, `${at}.Statement`, `No statement allows ${action}: ${why}.`);
    return;
  }
  for (const judged of [...about].sort((one, other) => distanceOf(one) - distanceOf(other)))
    yield* whyNot(judged, hop);
}

const distanceOf = ({ isCaller, conditions }: JudgedStatement): number =>
  (isCaller === false ? 100 : 0) + conditions.filter(({ holds }) => holds === false).length;

function* whyNot({ statement, isCaller, conditions }: JudgedStatement, hop: JudgedHop): Generator<Finding> {
  if (isCaller !== true) yield* principalFindings(statement, hop);
  for (const { condition, holds } of conditions) {
    if (holds === true) continue;
    const place = `${hop.at}.${condition.at}["${condition.key}"]`;
    if (holds === undefined)
      yield finding(
        'not_judged_offline',
        place,
        condition.computed.length > 0
          ? `The template computes ${condition.computed.join(', ')} when it is deployed.`
          : `No input decides whether ${condition.operator.name} holds for \`${condition.key}\`.`,
      );
    else yield conditionFinding(condition, hop, place);
  }
}

function* principalFindings({ at, principals }: Statement, hop: JudgedHop): Generator<Finding> {
  const { caller } = hop;
  for (const principal of principals) {
    const place = `${hop.at}.${at}.Principal.${principal.type}`;
    const shown = JSON.stringify(principal.value);
    if (principalMatch(principal, caller) === undefined)
      yield finding(
        'not_judged_offline',
        place,
        principal.isComputed === true
          ? `The template computes ${principal.value} when it is deployed.`
          : `${shown} names one session, and no input contains the name of this one.`,
      );
    else if (principal.type !== 'AWS')
      yield finding(
        'principal_not_role',
        place,
        `${shown} is a principal of the type ${principal.type}; a session of ${caller.arn} is none.`,
      );
    else
      yield finding(
        'principal_role_differs',
        place,
        `The policy trusts ${shown}; the caller is a session of ${JSON.stringify(caller.arn)}.`,
      );
  }
}

const CODES: readonly (readonly [RegExp, FindingCode])[] = [
  [/^sts:externalid$/i, 'external_id_differs'],
  [/^aws:(?:requesttag\/.*|tagkeys)$/i, 'request_tag_differs'],
  [/^aws:principaltag\//i, 'principal_tag_differs'],
  [/^sts:transitivetagkeys$/i, 'transitive_tag_keys_differ'],
  [/^(?:sts|aws):sourceidentity$/i, 'source_identity_differs'],
];

function conditionFinding(
  { key, operator, values }: Condition,
  { policy, keys }: JudgedHop,
  place: string,
): Finding {
  const presented = keys(key);
  const code = CODES.find(([pattern]) => pattern.test(key))?.[1];
  const wanted = values.map((value) => JSON.stringify(value)).join(', ');
  const variable = policy.hasVariables ? undefined : values.find(hasVariable);
  if (variable !== undefined)
    return finding(
      'variables_need_version',
      place,
      `\`${variable}\` is plain text in this version of the policy language.`,
    );
  if (typeof presented === 'string')
    return finding(
      code ?? 'unknown_condition_key',
      place,
      `The request has no key \`${key}\`; ${operator.name} wants ${wanted}.`,
    );
  const shown = presented.map((value) => JSON.stringify(value)).join(', ');
  if (operator.set === undefined && operator.base !== 'Null' && isMultivalued(key, presented))
    return finding(
      'multivalued_key',
      place,
      `\`${key}\` may have several values (${shown}), and ${operator.name} compares one.`,
    );
  const fits = (value: string): boolean =>
    presented.some((one) => fitsPattern(value, one, undefined) === true);
  if (
    operator.base === 'StringEquals' &&
    !operator.isNegated &&
    values.some((one) => hasWildcard(one) && fits(one))
  )
    return finding(
      'wildcard_in_string_equals',
      place,
      `${operator.name} takes \`*\` and \`?\` literally, and so never matches: the policy has ${wanted}, the request ${shown}.`,
    );
  const isSame = (value: string): boolean =>
    presented.some((one) => one.toLowerCase() === value.toLowerCase());
  return finding(
    operator.base === 'StringEquals' && !operator.isNegated && values.some(isSame)
      ? 'case_differs'
      : (code ?? 'value_differs'),
    place,
    `${operator.name} does not hold: the policy has ${wanted === '' ? 'an empty list' : wanted}, the request ${shown}.`,
  );
}
