/** Why a provider, or the service account behind it, does not let a token in; and what is worth knowing. */

import type { SubjectClaims } from '@credex/core';
import { closest, differences } from '../differences.js';
import type { Finding } from '../explanation.js';
import { finding } from '../findings.js';
import { jsonOf, textsOf } from '../json.js';
import { conjunctsOf } from './cel.js';
import { diagnoseConjunct, missingName } from './diagnose-condition.js';
import { diagnoseBindings } from './diagnose-members.js';
import { bindingsOf } from './gcp-checks.js';
import { mappedText } from './identity.js';
import type { GcpJudgement, GcpTrust } from './judge-gcp.js';
import { malformedMembers, principalOf } from './members.js';
import { problemsOf } from './pool-provider.js';

export function invalidFindings({ provider, compiled, bindings }: GcpTrust): readonly Finding[] {
  return [
    ...[...problemsOf(provider), ...compiled.problems].map(({ at, message }) =>
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
  claims: SubjectClaims,
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
  if (compiled.condition !== undefined && judgement.condition !== true)
    found.push(
      ...conjunctsOf(provider.condition ?? '').flatMap((one) => diagnoseConjunct(one, bindings, claims)),
    );
  if (judgement.fault !== undefined) found.push(...mappingFindings(trust, judgement, claims));
  if (judgement.isFederated && judgement.bindings !== undefined)
    found.push(...diagnoseBindings(judgement.bindings, provider.pool, judgement.mapped, claims));
  return found;
}

function audienceFindings({ provider }: GcpTrust, claims: SubjectClaims): readonly Finding[] {
  const [presented = ''] = textsOf(claims.aud);
  if (provider.allowedAudiences.length === 0)
    return [
      finding(
        'allowed_audiences_empty',
        'oidc.allowedAudiences',
        `No audience is configured, so Google wants the provider's own name; the token has ${JSON.stringify(presented)}.`,
      ),
    ];
  return closest(
    provider.allowedAudiences.map((wanted) => differences('audience', wanted, presented, claims)),
  ).map(({ code, message }) => finding(code, 'oidc.allowedAudiences', message));
}

function mappingFindings(
  { compiled }: GcpTrust,
  { fault, mapped }: GcpJudgement,
  claims: SubjectClaims,
): readonly Finding[] {
  if (fault === undefined) return [];
  const { code, target } = fault;
  const at = `attributeMapping["${target}"]`;
  const source = compiled.mapping.get(target)?.source ?? '';
  if (code === 'subject_too_long')
    return [
      finding(
        code,
        at,
        `google.subject is ${new TextEncoder().encode(mappedText(mapped, target)).byteLength} bytes long; 127 are the most.`,
      ),
    ];
  if (code === 'attribute_not_text')
    return [
      finding(code, at, `\`${source}\` gives ${jsonOf(mapped.values.get(target))}, which is not text.`),
    ];
  const missing = source === '' ? [] : conjunctsOf(source).flatMap(({ paths }) => paths);
  return [
    finding(code, at, `\`${source}\` gives nothing for this token.`),
    ...missing
      .filter((path) => !Object.hasOwn(claims, path.slice('assertion.'.length)))
      .map((path) => missingName(path, claims, at)),
  ];
}

export function notesOf(
  { provider, bindings }: GcpTrust,
  judgement: GcpJudgement,
  claims: SubjectClaims,
): readonly Finding[] {
  const found: Finding[] = [];
  if (provider.hasOwnKeys)
    found.push(
      finding('static_keys', 'oidc.jwksJson', 'The provider verifies with keys that were uploaded.'),
    );
  if (bindings === undefined)
    found.push(
      finding(
        'service_account_assumed',
        'bindings',
        `Not judged: whether ${principalOf(provider.pool, judgement.mapped) ?? 'the token'} may act as a service account or has roles of its own.`,
      ),
    );
  if (judgement.allowed === true)
    for (const target of provider.mapping.keys())
      if (!judgement.mapped.values.has(target))
        found.push({ ...missingOf(target, provider.mapping.get(target) ?? '', claims), severity: 'note' });
  return found;
}

function missingOf(target: string, source: string, claims: SubjectClaims): Finding {
  const at = `attributeMapping["${target}"]`;
  const path = conjunctsOf(source)
    .flatMap(({ paths }) => paths)
    .find((one) => !Object.hasOwn(claims, one.slice('assertion.'.length)));
  return path === undefined
    ? finding('attribute_not_mapped', at, `\`${source}\` gives nothing for this token.`)
    : missingName(path, claims, at);
}
