/** `explain` for the roles of `assumeRole`: the trust policy of each, against the session of the role before it. */

import type { TokenClaims } from '../claims.js';
import type { Check, Explanation, Verdict } from '../findings.js';
import { finding } from '../findings.js';
import type { Finding } from '../findings.js';
import { isObject } from '../json.js';
import type { JsonObject } from '../json.js';
import { PolicyFileError } from '../policy-file-error.js';
import { assertKind, onlyOne } from '../recognise.js';
import { resultOf } from '../truth.js';
import { hopFindings } from './hop-findings.js';
import type { JudgedHop } from './hop-findings.js';
import { firstSession, hopKeys, hopOf, roleTagsIn } from './hop-request.js';
import type { Hop } from './hop-request.js';
import { judgeHop } from './judge-hop.js';
import type { HopDecision } from './judge-hop.js';
import { readPolicyDocument, unwrapRole } from './policy-document.js';
import type { Lookup, RequestFacts } from './request-keys.js';
import { accountOf } from './role-session.js';
import type { RoleSession } from './role-session.js';
import { readSession } from './session-claims.js';
import { decideBySession } from './session-policies.js';
import type { SessionPolicies } from './session-policies.js';
import { ASSUME_ROLE, NOTHING_PASSED, passedOn, sessionActions, sessionTagKeys } from './session-tags.js';
import type { Passed } from './session-tags.js';

type Judged = Omit<Explanation, 'cloud' | 'summary'>;

export interface ChainInput {
  /** The value of the first role's policy. */
  readonly first: unknown;
  /** The option `assumeRole`, as a list. */
  readonly roles: readonly JsonObject[];
  /** The values of the policies of these roles, in the same order. */
  readonly policies: readonly unknown[];
  /** Of the session that the token is exchanged for. */
  readonly sessionPolicies: SessionPolicies | undefined;
  readonly claims: TokenClaims;
  readonly facts: RequestFacts;
}

/**
 * One result for each role.
 *
 * @throws PolicyFileError for a policy that is of another role, or of none
 */
export function explainChain(input: ChainInput): readonly Judged[] {
  const { first, roles, policies, claims, facts } = input;
  if (roles.length > 0 && policies.length > roles.length)
    throw new PolicyFileError(
      'policy_of_several',
      'hopPolicies',
      `\`hopPolicies\` has ${policies.length} policies, and \`assumeRole\` has ${roles.length} roles.`,
      { hint: ONE_EACH },
    );
  const { roleArn } = unwrapRole(asObject(onlyOne(first, 'aws', 'policy')));
  const arn = facts.roleArn ?? roleArn;
  let passed = passedOn(readSession(claims).request, NOTHING_PASSED);
  let caller = arn === undefined ? undefined : firstSession(arn, claims, facts, input.sessionPolicies);
  let roleTags = roleTagsIn(first);
  return Array.from({ length: Math.max(roles.length, policies.length) }, (_, index) => {
    const policy = policies[index];
    const { document, roleArn: named } = roleIn(policy);
    const given = roles[index] ?? {};
    const hop = hopOf({ given, roleArn: named, at: `assumeRole[${index}]`, claims, passed });
    if (named !== undefined && named !== hop.roleArn)
      throw new PolicyFileError(
        'policy_of_another_role',
        'hopPolicies',
        `\`hopPolicies[${index}]\` is the policy of another role than \`${hop.at}\` names.`,
        { hint: ONE_EACH },
      );
    const judged =
      caller === undefined
        ? unknownCaller(hop)
        : explainHop(policy === undefined ? undefined : { document }, hop, caller, roleTags, facts);
    caller = hop.roleArn === undefined ? undefined : nextSession(hop, hop.roleArn, passed, facts);
    passed = passedOn(hop.requested, passed);
    roleTags = policy === undefined ? undefined : roleTagsIn(policy);
    return judged;
  });
}

const ONE_EACH = 'Pass one policy for each role of `assumeRole`, in the same order.';

const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});

function roleIn(policy: unknown): Partial<ReturnType<typeof unwrapRole>> {
  if (policy === undefined) return {};
  assertKind(policy, 'aws', 'hopPolicies');
  return unwrapRole(asObject(onlyOne(policy, 'aws', 'hopPolicies')));
}

const nameOf = ({ roleArn }: Hop): string => roleArn ?? 'this role';

const unknownCaller = ({ at, findings }: Hop): Judged => ({
  verdict: findings.length > 0 ? 'refused' : 'undecided',
  answer: undefined,
  checks: [],
  findings: [...findings, finding('caller_unknown', at, 'The ARN of the role before it is not known.')],
});

/** @param inherited what the session that requests it passes on */
const nextSession = (
  { requested, policies }: Hop,
  arn: string,
  inherited: Passed,
  { roleSessionName }: RequestFacts,
): RoleSession => {
  const passed = passedOn(requested, inherited);
  return {
    arn,
    sessionName: roleSessionName,
    keys: sessionTagKeys({ ...inherited.tags, ...requested.tags }, passed.sourceIdentity),
    passed,
    policies,
  };
};

/** `trust`: undefined where the policy of the role was not passed. */
function explainHop(
  trust: { readonly document: unknown } | undefined,
  hop: Hop,
  caller: RoleSession,
  roleTags: ReadonlyMap<string, string> | undefined,
  facts: RequestFacts,
): Judged {
  const keys = hopKeys(caller, roleTags, hop, facts);
  const before = [...hop.findings, ...sessionFindings(caller, hop, keys)];
  const isRefused = before.some(({ severity }) => severity === 'error');
  const answer = hop.findings.length === 0 ? 'AccessDenied' : undefined;
  if (trust === undefined)
    return {
      verdict: isRefused ? 'refused' : 'undecided',
      answer: isRefused ? answer : undefined,
      checks: [],
      findings: [
        ...before,
        finding('hop_not_judged', hop.at, `The trust policy of ${nameOf(hop)} was not passed.`),
      ],
    };
  const policy = readPolicyDocument(trust.document, { kind: 'trust', isTemplate: true });
  const { passed } = caller;
  const resource = hop.roleArn ?? '';
  const decisions = judgeHop(policy, { caller, passed, requested: hop.requested, resource, keys });
  const judged: JudgedHop = { at: hop.at, policy, caller, keys, decisions };
  const checks = checksOf(judged);
  if (policy.problems.length > 0) {
    const findings = policy.problems.map(({ at, message }) =>
      finding('malformed_policy', `${hop.at}.${at}`, message),
    );
    return { verdict: 'invalid', answer: 'MalformedPolicyDocument', checks, findings };
  }
  const verdict = isRefused ? 'refused' : verdictOf(decisions, before.length > 0);
  return {
    verdict,
    answer: verdict === 'refused' ? answer : undefined,
    checks,
    findings: [...before, ...hopFindings(judged), ...notesOf(judged, hop, verdict)],
  };
}

/** Where the session policies of the caller do not allow what the request needs. */
function* sessionFindings(caller: RoleSession, hop: Hop, keys: Lookup): Generator<Finding> {
  const { policies, passed } = caller;
  if (policies === undefined) return;
  for (const action of [ASSUME_ROLE, ...sessionActions(hop.requested, passed)]) {
    const effect = decideBySession(policies, { action, resource: hop.roleArn, keys });
    const what = `${action} on ${nameOf(hop)}`;
    if (effect === 'undecided')
      yield finding(
        'session_policy_not_judged',
        policies.at,
        `No input decides whether the session policies of the role before it allow ${what}.`,
      );
    else if (effect !== 'allow')
      yield finding(
        'session_policy_denies',
        policies.at,
        `The session policy of the role before it ${effect === 'explicit-deny' ? 'denies' : 'does not allow'} ${what}.`,
      );
  }
}

const verdictOf = (decisions: readonly HopDecision[], isOpen: boolean): Verdict =>
  !isOpen && decisions.every(({ effect }) => effect === 'allow')
    ? 'allowed'
    : decisions.every(({ effect }) => effect === 'allow' || effect === 'undecided')
      ? 'undecided'
      : 'refused';

function* notesOf(
  { at, policy, caller, keys, decisions }: JudgedHop,
  hop: Hop,
  verdict: Verdict,
): Generator<Finding> {
  for (const { statements } of decisions)
    for (const { statement, applies, conditions } of statements) {
      if (statement.effect !== 'Allow' || applies !== true) continue;
      if (statement.principals.some(({ value }) => value === '*'))
        yield finding(
          'any_principal',
          `${at}.${statement.at}.Principal`,
          'Everyone at AWS is the principal.',
        );
      for (const { condition } of conditions)
        if (keys(condition.key) === 'absent' && condition.operator.base !== 'Null')
          yield finding(
            'admits_absent_key',
            `${at}.${condition.at}["${condition.key}"]`,
            `The request has no key \`${condition.key}\`, and ${condition.operator.name} is true without it, so this condition checks nothing.`,
          );
    }
  for (const note of policy.notes) yield finding('refused_today', `${at}.${note.at}`, note.message);
  const needed = decisions.filter(
    ({ isNamed }) => !isNamed || accountOf(caller.arn) !== accountOf(hop.roleArn ?? caller.arn),
  );
  if (verdict !== 'refused' && needed.length > 0)
    yield finding(
      'caller_policy_assumed',
      at,
      `Assumed: a policy of ${caller.arn} allows ${needed.map(({ action }) => action).join(' and ')} on ${nameOf(hop)}.`,
    );
}

/** Each condition once, and for each statement the principal and the actions. */
function checksOf({ at, caller, keys, decisions }: JudgedHop): readonly Check[] {
  const actions = decisions.map(({ action }) => action);
  return (decisions[0]?.statements ?? []).flatMap(({ statement, isCaller, conditions }, index) => {
    const place = `${at}.${statement.at}${statement.effect === 'Deny' ? ' (Deny)' : ''}`;
    const isAction = decisions.some(({ statements }) => statements[index]?.isAction === true);
    return [
      {
        at: `${place}.Principal`,
        what: 'role',
        wanted: statement.principals
          .map(({ type, value }) => (type === '*' ? '*' : `${type} ${value}`))
          .join(', '),
        presented: caller.arn,
        result: resultOf(isCaller),
      },
      {
        at: `${place}.${statement.actions.isNegated ? 'NotAction' : 'Action'}`,
        what: 'action',
        wanted: statement.actions.patterns.join(', '),
        presented: actions.join(', '),
        result: resultOf(isAction),
      },
      ...conditions.map(({ condition, holds }): Check => {
        const presented = keys(condition.key);
        return {
          at: `${at}.${condition.at}`,
          what: condition.key,
          wanted: condition.values.join(', '),
          presented: typeof presented === 'string' ? undefined : presented.join(', '),
          result: resultOf(holds),
        };
      }),
    ];
  });
}
