/** What Google decides about one token: provider, token, mapping, condition, and who may act as the service account. */

import type { TokenClaims } from '../claims.js';
import { textsOf } from '../json.js';
import type { Truth } from '../truth.js';
import { allOf } from '../truth.js';
import type { CelValue } from './cel.js';
import {
  mapClaims,
  mappingFault,
  audiencesOf,
  type CompiledProvider,
  type Mapped,
  type MappingFault,
  type PoolProvider,
} from './identity.js';
import { isGranted, judgeBindings, type Binding, type JudgedBinding, type Inherited } from './members.js';

export interface GcpTrust {
  readonly provider: PoolProvider;
  readonly compiled: CompiledProvider;
  /** Of the service account; undefined: none was given to judge. */
  readonly bindings: readonly Binding[] | undefined;
  readonly inherited: Inherited;
}

export interface GcpJudgement {
  readonly isActive: boolean;
  readonly isIssuer: boolean;
  readonly isAudience: boolean;
  readonly mapped: Mapped;
  /** What the condition gave; undefined: an error. `true` where there is none. */
  readonly condition: CelValue;
  readonly fault: { readonly code: MappingFault; readonly target: string } | undefined;
  /** Of the service account and what it inherits. */
  readonly bindings: readonly JudgedBinding[] | undefined;
  /** Whether a binding lets the token act as the service account; `undefined`: a binding that was not given may. */
  readonly isGranted: Truth;
  readonly isFederated: boolean;
  readonly allowed: Truth;
}

export function judgeGcp(
  { provider, compiled, bindings, inherited }: GcpTrust,
  claims: TokenClaims,
): GcpJudgement {
  const mapped = mapClaims(compiled.mapping, claims);
  const { google, attribute } = mapped;
  const condition =
    compiled.condition === undefined
      ? true
      : compiled.condition.run({ assertion: claims, google, attribute });
  const fault = mappingFault(mapped);
  const audiences = audiencesOf(provider);
  const first = {
    isActive: provider.isOidc && !provider.isDisabled && !provider.isDeleted,
    isIssuer: provider.issuerUri === claims.iss,
    isAudience: textsOf(claims.aud).some((one) => audiences.includes(one)),
  };
  // Only true passes: an error of CEL is a value too.
  const isFederated =
    first.isActive && first.isIssuer && first.isAudience && condition === true && fault === undefined;
  const held = [...(bindings ?? []), ...inherited.bindings];
  const judged =
    bindings === undefined && held.length === 0 ? undefined : judgeBindings(held, provider.pool, mapped);
  // Without the service account's own policy it is assumed.
  const atHand = judged === undefined || bindings === undefined ? true : isGranted(judged);
  const granted = atHand === false && !inherited.isComplete ? undefined : atHand;
  return {
    ...first,
    mapped,
    condition,
    fault,
    bindings: judged,
    isGranted: granted,
    isFederated,
    allowed: allOf([isFederated, granted]),
  };
}

/** Google's answer to a token that it refuses, in the order in which it looks. */
export function answerOf({
  isActive,
  isIssuer,
  isAudience,
  condition,
  fault,
  isFederated,
}: GcpJudgement): string {
  if (isFederated) return 'PERMISSION_DENIED';
  if (!isActive) return 'invalid_target';
  if (!isIssuer || !isAudience) return 'invalid_grant';
  return condition === true && fault?.code.includes('_too_') === true
    ? 'invalid_request'
    : 'unauthorized_client';
}
