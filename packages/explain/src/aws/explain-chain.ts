/** `explain` for the roles of `assumeRole`: the trust policy of each, against the session of the role before it. */

import type { TokenClaims } from '../claims.js';
import type { Check, Explanation, Verdict } from '../explanation.js';
import { finding } from '../findings.js';
import type { Finding } from '../findings.js';
import { isObject } from '../json.js';
import type { JsonObject } from '../json.js';
import { assertKind, onlyOne } from '../recognise.js';
import { resultOf } from '../truth.js';
import { hopFindings } from './hop-findings.js';
import type { JudgedHop } from './hop-findings.js';
import { firstSession, hopKeys, hopOf, roleTagsIn } from './hop-request.js';
import type { Hop } from './hop-request.js';
import { judgeHop } from './judge-hop.js';
import type { HopDecision } from './judge-hop.js';
import { readPolicyDocument, unwrapRole } from './policy-document.js';
import type { RequestFacts } from './request-keys.js';
import { accountOf, passedOn, sessionTagKeys } from './role-session.js';
import type { RoleSession } from './role-session.js';

type Judged = Omit<Explanation, 'cloud' | 'summary'>;

export interface ChainInput {
  /** The value of the first role's policy. */
  readonly first: unknown;
  /** The option `assumeRole`, as a list. */
  readonly roles: readonly JsonObject[];
  /** The values of the policies of these roles, in the same order. */
  readonly policies: readonly unknown[];
  readonly claims: TokenClaims;
  readonly facts: RequestFacts;
}

/** One result for each role. */
export function explainChain({ first, roles, policies, claims, facts }: ChainInput): readonly Judged[] {
  const { roleArn } = unwrapRole(isObject(first) ? first : {});
  const arn = facts.roleArn ?? roleArn;
  let caller = arn === undefined ? undefined : firstSession(arn, claims, facts);
  let roleTags = roleTagsIn(first);
  return Array.from({ length: Math.max(roles.length, policies.length) }, (_, index) => {
    const policy = policies[index];
    if (policy !== undefined) assertKind(policy, 'aws', 'hopPolicies');
    const only = policy === undefined ? undefined : onlyOne(policy, 'aws', 'hopPolicies');
    const { document, roleArn: named } = unwrapRole(isObject(only) ? only : {});
    const hop = hopOf(roles[index] ?? {}, named, `assumeRole[${index}]`, claims);
    const judged =
      policy === undefined
        ? undecided(finding('hop_not_judged', hop.at, `The trust policy of ${nameOf(hop)} was not passed.`))
        : caller === undefined
          ? undecided(finding('caller_unknown', hop.at, 'The ARN of the role before it is not known.'))
          : explainHop(document, hop, caller, roleTags, facts);
    caller = hop.roleArn === undefined ? undefined : nextSession(hop, hop.roleArn, caller, facts);
    roleTags = only === undefined ? undefined : roleTagsIn(only);
    return judged;
  });
}

const nameOf = ({ roleArn }: Hop): string => roleArn ?? 'this role';

const undecided = (found: Finding): Judged => ({
  verdict: 'undecided',
  answer: undefined,
  checks: [],
  findings: [found],
});

function nextSession(
  { requested }: Hop,
  arn: string,
  caller: RoleSession | undefined,
  { roleSessionName }: RequestFacts,
): RoleSession {
  const passed = caller?.passed ?? { tags: {}, sourceIdentity: undefined };
  const next = passedOn(requested, passed);
  return {
    arn,
    sessionName: roleSessionName,
    keys: sessionTagKeys({ ...passed.tags, ...requested.tags }, next.sourceIdentity),
    passed: next,
  };
}

function explainHop(
  document: unknown,
  hop: Hop,
  caller: RoleSession,
  roleTags: ReadonlyMap<string, string> | undefined,
  facts: RequestFacts,
): Judged {
  const policy = readPolicyDocument(document, { kind: 'trust', isTemplate: true });
  const keys = hopKeys(caller, roleTags, hop, facts);
  const resource = hop.roleArn ?? '';
  const { passed } = caller;
  const decisions = judgeHop(policy, { caller, passed, requested: hop.requested, resource, keys });
  const judged: JudgedHop = { at: hop.at, policy, caller, keys, decisions };
  const checks = checksOf(judged);
  if (policy.problems.length > 0) {
    const findings = policy.problems.map(({ at, message }) =>
      finding('malformed_policy', `${hop.at}.${at}`, message),
    );
    return { verdict: 'invalid', answer: 'MalformedPolicyDocument', checks, findings };
  }
  const verdict = hop.findings.length > 0 ? 'refused' : verdictOf(decisions);
  return {
    verdict,
    answer: verdict === 'refused' && hop.findings.length === 0 ? 'AccessDenied' : undefined,
    checks,
    findings: [...hop.findings, ...hopFindings(judged), ...notesOf(judged, hop, verdict)],
  };
}

const verdictOf = (decisions: readonly HopDecision[]): Verdict =>
  decisions.every(({ effect }) => effect === 'allow')
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
