/** `explain` for Google Cloud: a pool's provider, and a service account's allow policy, against a token. */

import type { SubjectClaims } from '@credex/core';
import { closest, differences } from '../differences.js';
import type { Check, Explanation, Finding } from '../explanation.js';
import { finding } from '../findings.js';
import { textsOf } from '../json.js';
import { permissiveFindings } from '../permissive.js';
import { assertKind, onlyOne } from '../recognise.js';
import { resultOf } from '../truth.js';
import type { Bindings } from './cel.js';
import { conjunctsOf } from './cel.js';
import { conditionCheck, diagnoseConjunct, missingName } from './diagnose-condition.js';
import { diagnoseBindings } from './diagnose-members.js';
import { compileProvider } from './identity.js';
import type { GcpJudgement, GcpTrust } from './judge-gcp.js';
import { answerOf, judgeGcp } from './judge-gcp.js';
import { malformedMembers, namesOf, readBindings } from './members.js';
import { audiencesOf, problemsOf, readPoolProvider } from './pool-provider.js';

export function explainGcp(
  value: unknown,
  claims: SubjectClaims,
  serviceAccountPolicy: unknown,
): Omit<Explanation, 'cloud' | 'summary'> {
  assertKind(value, 'gcp', '--policy');
  if (serviceAccountPolicy !== undefined)
    assertKind(serviceAccountPolicy, 'gcp-allow-policy', '--service-account-policy');
  const provider = readPoolProvider(onlyOne(value, 'gcp', '--policy'));
  const compiled = compileProvider(provider);
  const bindings = serviceAccountPolicy === undefined ? undefined : readBindings(serviceAccountPolicy);
  const trust: GcpTrust = { provider, compiled, bindings };
  const judgement = judgeGcp(trust, claims);
  const checks = checksOf(trust, judgement, claims);
  const invalid = invalidFindings(trust);
  if (invalid.length > 0)
    return { verdict: 'invalid', answer: 'INVALID_ARGUMENT', checks, findings: invalid };
  const { allowed } = judgement;
  const notes = notesOf(trust, judgement, claims);
  if (allowed === true) {
    const isLetIn = (other: SubjectClaims): boolean => judgeGcp(trust, other).allowed === true;
    // Whose principals may do anything is for bindings to say: without them nothing is known to be open.
    const open = permissiveFindings(
      claims,
      bindings === undefined ? 'attributeCondition' : 'bindings',
      isLetIn,
    ).map((found) =>
      bindings === undefined && found.code !== 'any_team' ? { ...found, severity: 'note' as const } : found,
    );
    return { verdict: 'allowed', answer: undefined, checks, findings: [...open, ...notes] };
  }
  return {
    verdict: allowed === undefined ? 'undecided' : 'refused',
    answer: allowed === undefined ? undefined : answerOf(judgement),
    checks,
    findings: [...providerFindings(trust, judgement, claims), ...notes],
  };
}

const bindingsOf = ({ mapped: { google, attribute } }: GcpJudgement, claims: SubjectClaims): Bindings => ({
  assertion: claims,
  google,
  attribute,
});

function checksOf(
  { provider, compiled }: GcpTrust,
  judgement: GcpJudgement,
  claims: SubjectClaims,
): readonly Check[] {
  const { mapped } = judgement;
  const value = (target: string): string | undefined => {
    const found = mapped.values.get(target);
    return found === undefined ? undefined : typeof found === 'string' ? found : JSON.stringify(found);
  };
  return [
    {
      at: 'state',
      what: 'provider',
      wanted: 'active',
      presented: provider.isDeleted ? 'deleted' : provider.isDisabled ? 'disabled' : 'active',
      result: resultOf(judgement.isActive),
    },
    {
      at: 'oidc.issuerUri',
      what: 'issuer',
      wanted: provider.issuerUri,
      presented: claims.iss,
      result: resultOf(judgement.isIssuer),
    },
    {
      at: 'oidc.allowedAudiences',
      what: 'audience',
      wanted: audiencesOf(provider).join(', '),
      presented: textsOf(claims.aud).join(', '),
      result: resultOf(judgement.isAudience),
    },
    ...[...compiled.mapping].map(([target, { source }]): Check => ({
      at: 'attributeMapping',
      what: target,
      wanted: source,
      presented: value(target),
      result: resultOf(mapped.values.has(target) && judgement.fault?.target !== target),
    })),
    ...(compiled.condition === undefined
      ? []
      : conjunctsOf(provider.condition ?? '').map((one) =>
          conditionCheck(one, bindingsOf(judgement, claims)),
        )),
    ...(judgement.bindings ?? []).map(({ binding, applies }): Check => ({
      at: binding.at,
      what: binding.role,
      wanted: binding.members.join(', '),
      presented: namesOf(provider.pool, mapped)[0],
      result: resultOf(applies),
    })),
  ];
}

function invalidFindings({ provider, compiled, bindings }: GcpTrust): readonly Finding[] {
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

function providerFindings(
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
        `google.subject is ${new TextEncoder().encode(String(mapped.values.get(target))).byteLength} bytes long; 127 are the most.`,
      ),
    ];
  if (code === 'attribute_not_text')
    return [
      finding(
        code,
        at,
        `\`${source}\` gives ${JSON.stringify(mapped.values.get(target), (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one))}, which is not text.`,
      ),
    ];
  const missing = source === '' ? [] : conjunctsOf(source).flatMap(({ paths }) => paths);
  return [
    finding(code, at, `\`${source}\` gives nothing for this token.`),
    ...missing
      .filter((path) => !Object.hasOwn(claims, path.slice('assertion.'.length)))
      .map((path) => missingName(path, claims, at)),
  ];
}

function notesOf(
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
        `Not judged: whether ${namesOf(provider.pool, judgement.mapped)[0]} may act as a service account or has roles of its own.`,
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
