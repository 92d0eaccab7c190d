/** What Entra decides about one assertion: one credential must have its issuer, its subject and its audience. */

import type { TokenClaims } from '../claims.js';
import { textsOf } from '../json.js';
import type { Truth } from '../truth.js';
import { allOf, anyOf } from '../truth.js';
import type { FederatedCredential } from './credentials.js';
import { isEqual, isSubject } from './credentials.js';

export interface JudgedCredential {
  readonly credential: FederatedCredential;
  readonly isIssuer: Truth;
  readonly isSubject: Truth;
  readonly isAudience: Truth;
  readonly applies: Truth;
}

export interface AzureJudgement {
  readonly credentials: readonly JudgedCredential[];
  readonly hasOneAudience: boolean;
  readonly allowed: Truth;
}

export function judgeAzure(credentials: readonly FederatedCredential[], claims: TokenClaims): AzureJudgement {
  const audiences = textsOf(claims.aud);
  const hasOneAudience = audiences.length <= 1;
  const judged = credentials.map((credential): JudgedCredential => {
    const parts = {
      isIssuer: isEqual(credential, credential.issuer, claims.iss),
      isSubject: isSubject(credential, claims),
      isAudience: anyOf(credential.audiences.map((one) => isEqual(credential, one, audiences[0]))),
    };
    return { credential, ...parts, applies: allOf(Object.values(parts)) };
  });
  return {
    credentials: judged,
    hasOneAudience,
    allowed: allOf([hasOneAudience, anyOf(judged.map(({ applies }) => applies))]),
  };
}

/** Entra's codes for an assertion that no credential takes. */
export type EntraAnswer =
  | 'AADSTS5002741'
  | 'AADSTS70025'
  | 'AADSTS700211'
  | 'AADSTS700212'
  | 'AADSTS700213'
  | 'AADSTS7002131'
  | 'AADSTS7002138';

/** Entra looks for the issuer first, then for the subject among those, then for the audience among those. */
export function entraAnswer(
  { credentials, hasOneAudience }: AzureJudgement,
  claims: TokenClaims,
): EntraAnswer {
  if (!hasOneAudience) return 'AADSTS5002741';
  if (credentials.length === 0) return 'AADSTS70025';
  const ofIssuer = credentials.filter(({ isIssuer }) => isIssuer !== false);
  if (ofIssuer.length === 0) return 'AADSTS700211';
  if (ofIssuer.some((one) => one.isSubject !== false)) return 'AADSTS700212';
  const wanted = (claims.sub ?? '').toLowerCase();
  if (ofIssuer.some(({ credential }) => credential.subject?.toLowerCase() === wanted)) return 'AADSTS7002138';
  return ofIssuer.some(({ credential }) => credential.expression !== undefined)
    ? 'AADSTS7002131'
    : 'AADSTS700213';
}
