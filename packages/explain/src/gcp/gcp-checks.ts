/** What a provider and a service account ask for, and what the token has. */

import type { TokenClaims } from '../claims.js';
import type { Check } from '../explanation.js';
import { jsonOf, textsOf } from '../json.js';
import { resultOf } from '../truth.js';
import type { Bindings } from './cel.js';
import { conditionCheck, conjunctsOf } from './diagnose-condition.js';
import type { GcpJudgement, GcpTrust } from './judge-gcp.js';
import { principalOf } from './members.js';
import { audiencesOf } from './pool-provider.js';
import { conditionScene } from './scenes.js';

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
