/** Why a provider, or the service account behind it, refuses a token, and what was assumed. */

import type { TokenClaims } from '../claims.js';
import { closest, differences } from '../differences.js';
import { finding, oneFinding } from '../findings.js';
import type { Finding } from '../findings.js';
import { jsonOf, textsOf } from '../json.js';
import { conjunctsOf, diagnoseConjunct } from './diagnose-condition.js';
import { diagnoseBindings } from './diagnose-members.js';
import { bindingsOf } from './gcp-checks.js';
import { bytesOf, mappedText } from './identity.js';
import type { GcpJudgement, GcpTrust } from './judge-gcp.js';
import { isGranted, malformedMembers, principalOf } from './members.js';
import { providerProblems } from './pool-provider.js';
import { conditionScene, whyUnmapped } from './scenes.js';

export function invalidFindings({ provider, compiled, bindings }: GcpTrust): readonly Finding[] {
  return [
    ...[...providerProblems(provider), ...compiled.problems].map(({ at, message }) =>
      finding('malformed_policy', at, message),
    ),
    ...(bindings ?? []).flatMap((binding) =>
      malformedMembers(binding).map((member) =>
        finding(
          'principal_kind',
          `${binding.at}.members`,
          `Google takes no member ${JSON.stringify(member)}.`,
        ),
      ),
    ),
  ];
}

export function providerFindings(
  trust: GcpTrust,
  judgement: GcpJudgement,
  claims: TokenClaims,
): readonly Finding[] {
  const { provider, compiled } = trust;
  const found: Finding[] = [];
  const add = (...args: Parameters<typeof finding>): void => void found.push(finding(...args));
  if (!provider.isOidc) add('not_oidc_provider', 'oidc', 'The provider is not of the kind OIDC.');
  if (provider.isDisabled) add('provider_disabled', 'disabled', 'The provider is disabled.');
  if (provider.isDeleted) add('provider_deleted', 'state', 'The provider is deleted.');
  if (provider.isOidc && !judgement.isIssuer)
    for (const { code, message } of differences('issuer', provider.issuerUri, claims.iss ?? '', claims))
      add(code, 'oidc.issuerUri', message);
  if (!judgement.isAudience) found.push(...audienceFindings(trust, claims));
  const bindings = bindingsOf(judgement, claims);
  const scene = conditionScene(compiled, bindings, claims);
  if (scene !== undefined && judgement.condition !== true)
    found.push(...conjunctsOf(scene).flatMap((one) => diagnoseConjunct(one, scene, bindings)));
  if (judgement.fault !== undefined) found.push(...mappingFindings(trust, judgement, claims));
  if (judgement.isFederated && judgement.bindings !== undefined)
    found.push(...diagnoseBindings(judgement.bindings, provider.pool, judgement.mapped, claims));
  return found;
}

function audienceFindings({ provider }: GcpTrust, claims: TokenClaims): readonly Finding[] {
  const [presented = ''] = textsOf(claims.aud);
  if (provider.allowedAudiences.length === 0)
    return oneFinding(
      'allowed_audiences_empty',
      'oidc.allowedAudiences',
      `No audience is configured, so Google wants the provider's own name; the token has ${JSON.stringify(presented)}.`,
    );
  return closest(
    provider.allowedAudiences.map((wanted) => differences('audience', wanted, presented, claims)),
  ).map(({ code, message }) => finding(code, 'oidc.allowedAudiences', message));
}

function mappingFindings(
  { compiled }: GcpTrust,
  { fault, mapped }: GcpJudgement,
  claims: TokenClaims,
): readonly Finding[] {
  if (fault === undefined) return [];
  const { code, target } = fault;
  const at = `attributeMapping["${target}"]`;
  const source = compiled.mapping.get(target)?.source ?? '';
  if (code === 'subject_too_long')
    return oneFinding(
      code,
      at,
      `google.subject is ${bytesOf(mappedText(mapped, target))} bytes long; 127 are the most.`,
    );
  if (code === 'attributes_too_large')
    return oneFinding(code, 'attributeMapping', 'All mapped values together are longer than 16 KB.');
  if (code === 'attribute_not_text') {
    const wanted = target === 'google.groups' ? 'a list of texts' : 'text';
    return oneFinding(
      code,
      at,
      `\`${source}\` gives ${jsonOf(mapped.values.get(target))}, which is not ${wanted}.`,
    );
  }
  return [
    ...whyUnmapped(target, compiled.mapping, claims),
    finding(
      code,
      at,
      `\`${source}\` gives ${mapped.values.has(target) ? 'an empty text' : 'nothing'} for this token.`,
    ),
  ];
}

export function notesOf(
  { provider, compiled, bindings, inherited }: GcpTrust,
  judgement: GcpJudgement,
  claims: TokenClaims,
): readonly Finding[] {
  const found: Finding[] = [];
  if (provider.hasOwnKeys)
    found.push(
      finding('static_keys', 'oidc.jwksJson', 'The provider verifies with keys that were uploaded.'),
    );
  if (
    bindings !== undefined &&
    judgement.isFederated &&
    judgement.isGranted === undefined &&
    !inherited.isComplete
  )
    found.push(
      finding(
        'ancestors_not_judged',
        'bindings',
        `Not judged: whether ${inherited.bindings.length === 0 ? 'the project, a folder or the organization' : 'a folder or the organization'} above the service account gives the role, which it then inherits.`,
      ),
    );
  if (bindings === undefined && (judgement.bindings === undefined || isGranted(judgement.bindings) !== true))
    found.push(
      finding(
        'service_account_assumed',
        'bindings',
        `Not judged: whether ${principalOf(provider.pool, judgement.mapped) ?? 'the token'} may act as a service account, or has roles itself.`,
      ),
    );
  if (judgement.allowed === true)
    for (const [target, { source }] of compiled.mapping)
      if (!judgement.mapped.values.has(target)) {
        const at = `attributeMapping["${target}"]`;
        const [why] = whyUnmapped(target, compiled.mapping, claims);
        const cause =
          why ?? finding('attribute_not_mapped', at, `\`${source}\` gives nothing for this token.`);
        found.push({ ...cause, severity: 'note' });
      }
  return found;
}
