/** Why a provider, or the service account behind it, refuses a token, and what was assumed. */

import type { TokenClaims } from '../claims.js';
import { closest, differences } from '../differences.js';
import { finding, findingsAt, type Finding } from '../findings.js';
import { jsonOf, textsOf } from '../json.js';
import { conjunctsOf, diagnoseConjunct } from './diagnose-condition.js';
import { diagnoseBindings } from './diagnose-members.js';
import { bindingsOf } from './gcp-checks.js';
import { bytesOf } from './identity.js';
import type { GcpJudgement, GcpTrust } from './judge-gcp.js';
import { isGranted, malformedMembers, principalOf } from './members.js';
import { providerProblems } from './pool-provider.js';
import { conditionScene, whyUnmapped } from './scenes.js';

export function* invalidFindings({ provider, compiled, bindings = [] }: GcpTrust): Generator<Finding> {
  for (const { at, message } of [...providerProblems(provider), ...compiled.problems])
    yield finding('malformed_policy', at, message);
  for (const binding of bindings)
    for (const member of malformedMembers(binding))
      yield finding(
        'principal_kind',
        `${binding.at}.members`,
        `Google takes no member ${JSON.stringify(member)}.`,
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
