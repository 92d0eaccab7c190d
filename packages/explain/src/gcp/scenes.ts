/** The condition and the mappings of a provider, each held against the claims of one token. */

import type { TokenClaims } from '../claims.js';
import { finding, type Finding } from '../findings.js';
import { evaluator, looking, type Bindings, type Program } from './cel.js';
import { shownValue, whyItFails, type Scene } from './diagnose-failure.js';
import type { CompiledProvider } from './identity.js';

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
