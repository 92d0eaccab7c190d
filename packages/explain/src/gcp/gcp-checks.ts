/** What a provider and a service account ask for, and what the token has. */

import type { TokenClaims } from '../claims.js';
import { finding, type Check, type Finding } from '../findings.js';
import { jsonOf, textsOf } from '../json.js';
import { resultOf } from '../truth.js';
import { evaluator, looking, type Bindings, type Program } from './cel.js';
import { conditionCheck, conjunctsOf } from './diagnose-condition.js';
import type { GcpJudgement, GcpTrust } from './judge-gcp.js';
import { principalOf } from './members.js';
import { audiencesOf, type CompiledProvider } from './identity.js';
import { shownValue, whyItFails, type Scene } from './diagnose-failure.js';

// The condition and the mappings of a provider, each held against the claims of one token.

export function conditionScene(
  { condition, mapping }: CompiledProvider,
  bindings: Bindings,
  claims: TokenClaims,
): Scene | undefined {
  return condition === undefined
    ? undefined
    : sceneOf('attributeCondition', condition, bindings, claims, mapping);
}

function sceneOf(
  at: string,
  { expression }: Program,
  bindings: Bindings,
  claims: TokenClaims,
  mapping: ReadonlyMap<string, Program>,
): Scene {
  return {
    at,
    expression,
    evaluate: evaluator(bindings),
    claims,
    mapping,
    whyUnmapped: (target) => whyUnmapped(target, mapping, claims),
  };
}

/** Why a mapping gives nothing; empty where it gives something, and where the target isn't mapped. */
export function whyUnmapped(
  target: string,
  mapping: ReadonlyMap<string, Program>,
  claims: TokenClaims,
): readonly Finding[] {
  const program = mapping.get(target);
  if (program === undefined) return [];
  const at = `attributeMapping["${target}"]`;
  const scene = sceneOf(at, program, { assertion: claims }, claims, mapping);
  const { root } = scene.expression;
  const { value, failure } = looking(() => scene.evaluate(root), { value: undefined, failure: undefined });
  if (failure !== undefined) return looking(() => whyItFails(root, scene), []);
  if (value !== null) return [];
  const message = `\`${program.source}\` is ${shownValue(value)} for this token.`;
  return [finding('attribute_not_mapped', at, message)];
}

/** What an attribute condition sees. */
export const bindingsOf = (
  { mapped: { google, attribute } }: GcpJudgement,
  claims: TokenClaims,
): Bindings => ({
  assertion: claims,
  google,
  attribute,
});

export function checksOf(
  { provider, compiled }: GcpTrust,
  judgement: GcpJudgement,
  claims: TokenClaims,
): readonly Check[] {
  const { mapped } = judgement;
  const bindings = bindingsOf(judgement, claims);
  const scene = conditionScene(compiled, bindings, claims);
  const value = (target: string): string | undefined => {
    const found = mapped.values.get(target);
    return typeof found === 'string' ? found : jsonOf(found);
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
    ...(scene === undefined ? [] : conjunctsOf(scene).map((one) => conditionCheck(one, scene, bindings))),
    ...(judgement.bindings ?? []).map(({ binding, applies }): Check => ({
      at: binding.at,
      what: binding.role,
      wanted: binding.members.join(', '),
      presented: principalOf(provider.pool, mapped),
      result: resultOf(applies),
    })),
  ];
}
