/** Why a provider, or the service account behind it, refuses a token, and what was assumed. */

import type { TokenClaims } from '../claims.js';
import { closest, differences } from '../differences.js';
import { finding, findingsAt, type Finding, type FindingCode } from '../findings.js';
import { jsonOf, textsOf } from '../json.js';
import { conjunctsOf, diagnoseConjunct } from './diagnose-condition.js';
import { bindingsOf, conditionScene, whyUnmapped } from './gcp-checks.js';
import { bytesOf, mappedText, providerProblems, type Mapped } from './identity.js';
import type { GcpJudgement, GcpTrust } from './judge-gcp.js';
import { isGranted, malformedMembers, principalOf, type JudgedBinding } from './members.js';

// Why no binding of the service account names this token's principal, in words.

function* diagnoseBindings(
  judged: readonly JudgedBinding[],
  pool: string,
  mapped: Mapped,
  claims: TokenClaims,
): Generator<Finding> {
  for (const { binding, isGranting, isMember, applies } of judged) {
    const { at, role, hasCondition, isInherited, members } = binding;
    if (isGranting === false) {
      if (isMember && !isInherited)
        yield finding(
          'wrong_role',
          `${at}.role`,
          `The token is a member of ${role}, which does not let it act as the service account.`,
        );
    } else if (isMember && applies === undefined)
      yield finding(
        'not_judged_offline',
        at,
        hasCondition
          ? 'The binding has a condition, which is not evaluated here.'
          : `No input contains the permissions of the role ${role}.`,
      );
    else for (const member of members) yield* diagnoseMember(member, `${at}.members`, pool, mapped, claims);
  }
  const name = principalOf(pool, mapped) ?? 'the token';
  yield finding('no_binding', 'bindings', `No binding that gives access tokens names ${name}.`);
}

const MEMBER =
  /^(principal|principalSet):\/\/iam\.googleapis\.com\/projects\/([^/]+)\/locations\/global\/workloadIdentityPools\/([^/]+)\/(.+)$/;

function* diagnoseMember(
  member: string,
  at: string,
  pool: string,
  mapped: Mapped,
  claims: TokenClaims,
): Generator<Finding> {
  const [, , project = '', poolId = '', rest = ''] = MEMBER.exec(member) ?? [];
  if (rest === '') return;
  const shown = JSON.stringify(member);
  const [, ownProject = '', , , , ownPool = ''] = pool.split('/');
  const isNumber = /^\d+$/.test(project);
  if (!isNumber)
    yield finding(
      'project_id_not_number',
      at,
      `${shown} names the project by ${JSON.stringify(project)}, not by its number ${ownProject}.`,
    );
  if (poolId !== ownPool || (isNumber && project !== ownProject))
    yield finding('pool_differs', at, `${shown} is of another pool than ${pool}.`);
  yield* diagnoseTail(rest, at, mapped, claims);
}

function diagnoseTail(rest: string, at: string, mapped: Mapped, claims: TokenClaims): readonly Finding[] {
  const subject = /^subject\/(.+)$/.exec(rest)?.[1];
  if (subject !== undefined)
    return ofValue(subject, mappedText(mapped, 'google.subject') ?? '', at, claims, 'subject');
  const [, target, wanted] = /^(attribute\.[a-z0-9_]+)\/(.+)$/.exec(rest) ?? [];
  if (target === undefined || wanted === undefined) return [];
  const value = mappedText(mapped, target);
  const one = (code: FindingCode, message: string): readonly Finding[] => [finding(code, at, message)];
  if (value === undefined)
    return one(
      'attribute_not_mapped',
      `\`${target}\` is not mapped by the provider, or the token has nothing for it.`,
    );
  if (/\/attribute\.[a-z0-9_]+\//.test(wanted))
    return one(
      'one_attribute_per_member',
      `${JSON.stringify(rest)} names two attributes; all after the first is its value.`,
    );
  return ofValue(wanted, value, at, claims, 'other');
}

function ofValue(
  wanted: string,
  presented: string,
  at: string,
  claims: TokenClaims,
  kind: 'subject' | 'other',
): readonly Finding[] {
  if (wanted === presented) return [];
  if (!wanted.includes('*')) return findingsAt(at, differences(kind, wanted, presented, claims));
  const message = `${JSON.stringify(wanted)} is compared as it is: the token has ${JSON.stringify(presented)}.`;
  return [finding('wildcard_in_member', at, message)];
}

export function* invalidFindings({ provider, compiled, bindings = [] }: GcpTrust): Generator<Finding> {
  for (const { at, message } of [...providerProblems(provider), ...compiled.problems])
    yield finding('malformed_policy', at, message);
  for (const binding of bindings)
    for (const member of malformedMembers(binding))
      yield finding(
        'principal_kind',
        `${binding.at}.members`,
        `Google does not accept the member ${JSON.stringify(member)}.`,
      );
}

export function* providerFindings(
  trust: GcpTrust,
  judgement: GcpJudgement,
  claims: TokenClaims,
): Generator<Finding> {
  const { provider, compiled } = trust;
  if (!provider.isOidc) yield finding('not_oidc_provider', 'oidc', 'The provider is not of the kind OIDC.');
  if (provider.isDisabled) yield finding('provider_disabled', 'disabled', 'The provider is disabled.');
  if (provider.isDeleted) yield finding('provider_deleted', 'state', 'The provider is deleted.');
  if (provider.isOidc && !judgement.isIssuer)
    yield* findingsAt('oidc.issuerUri', differences('issuer', provider.issuerUri, claims.iss ?? '', claims));
  if (!judgement.isAudience) yield* audienceFindings(trust, claims);
  const bindings = bindingsOf(judgement, claims);
  const scene = conditionScene(compiled, bindings, claims);
  if (scene !== undefined && judgement.condition !== true)
    for (const one of conjunctsOf(scene)) yield* diagnoseConjunct(one, scene, bindings);
  if (judgement.fault !== undefined) yield* mappingFindings(trust, judgement, claims);
  if (judgement.isFederated && judgement.bindings !== undefined)
    yield* diagnoseBindings(judgement.bindings, provider.pool, judgement.mapped, claims);
}

function audienceFindings({ provider }: GcpTrust, claims: TokenClaims): readonly Finding[] {
  const [presented = ''] = textsOf(claims.aud);
  const at = 'oidc.allowedAudiences';
  if (provider.allowedAudiences.length > 0)
    return findingsAt(
      at,
      closest(provider.allowedAudiences.map((wanted) => differences('audience', wanted, presented, claims))),
    );
  const message = `No audience is configured, so Google wants the provider's own name; the token has ${JSON.stringify(presented)}.`;
  return [finding('allowed_audiences_empty', at, message)];
}

function* mappingFindings(
  { compiled }: GcpTrust,
  { fault, mapped }: GcpJudgement,
  claims: TokenClaims,
): Generator<Finding> {
  if (fault === undefined) return;
  const { code, target } = fault;
  const at = `attributeMapping["${target}"]`;
  const source = compiled.mapping.get(target)?.source ?? '';
  const value = mapped.values.get(target);
  switch (code) {
    case 'subject_too_long':
      return yield finding(code, at, `google.subject is ${bytesOf(value)} bytes long; 127 are the most.`);
    case 'attributes_too_large':
      return yield finding(code, 'attributeMapping', 'All mapped values together are longer than 16 KB.');
    case 'attribute_not_text': {
      const wanted = target === 'google.groups' ? 'a list of texts' : 'text';
      return yield finding(code, at, `\`${source}\` gives ${jsonOf(value)}, which is not ${wanted}.`);
    }
    case 'subject_not_mapped': {
      yield* whyUnmapped(target, compiled.mapping, claims);
      const gives = mapped.values.has(target) ? 'an empty text' : 'nothing';
      yield finding(code, at, `\`${source}\` gives ${gives} for this token.`);
    }
  }
}

export function* notesOf(
  { provider, compiled, bindings, inherited }: GcpTrust,
  judgement: GcpJudgement,
  claims: TokenClaims,
): Generator<Finding> {
  if (provider.hasOwnKeys)
    yield finding('static_keys', 'oidc.jwksJson', 'The provider verifies with keys that were uploaded.');
  const mayInherit = judgement.isFederated && judgement.isGranted === undefined && !inherited.isComplete;
  if (bindings !== undefined && mayInherit)
    yield finding(
      'ancestors_not_judged',
      'bindings',
      `Not judged: whether ${inherited.bindings.length === 0 ? 'the project, a folder or the organization' : 'a folder or the organization'} above the service account gives the role, which it then inherits.`,
    );
  if (bindings === undefined && (judgement.bindings === undefined || isGranted(judgement.bindings) !== true))
    yield finding(
      'service_account_assumed',
      'bindings',
      `Not judged: whether ${principalOf(provider.pool, judgement.mapped) ?? 'the token'} may act as a service account, or has roles itself.`,
    );
  if (judgement.allowed !== true) return;
  for (const [target, { source }] of compiled.mapping)
    if (!judgement.mapped.values.has(target)) {
      const at = `attributeMapping["${target}"]`;
      const [why] = whyUnmapped(target, compiled.mapping, claims);
      const cause = why ?? finding('attribute_not_mapped', at, `\`${source}\` gives nothing for this token.`);
      yield { ...cause, severity: 'note' };
    }
}
