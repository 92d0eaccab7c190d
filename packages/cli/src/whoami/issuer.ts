/** Which of Vercel's issuers a token has, and which tokens are not OIDC federation tokens. */

import { TEAM_SLUG } from '@credex/core/internal';

export type IssuerKind = 'team' | 'global' | 'passport' | 'sign-in' | 'other' | 'missing';

export interface Issuer {
  readonly kind: IssuerKind;
  /** The team's slug, in team mode. */
  readonly team?: string;
}

const GLOBAL = 'https://oidc.vercel.com';

export function issuerOf(iss: string | undefined): Issuer {
  if (iss === undefined) return { kind: 'missing' };
  if (iss === GLOBAL) return { kind: 'global' };
  // The grammar of the verifier, so that it can be configured for every team that is found here.
  const team = iss.startsWith(`${GLOBAL}/`) ? iss.slice(GLOBAL.length + 1) : '';
  if (TEAM_SLUG.pattern.test(team)) return { kind: 'team', team };
  if (iss.startsWith('https://passport.vercel.com/')) return { kind: 'passport' };
  return { kind: iss === 'https://vercel.com' ? 'sign-in' : 'other' };
}

export interface SubjectNames {
  readonly owner: string;
  readonly project: string;
  readonly environment: string;
}

/** `owner:{team}:project:{project}:environment:{environment}`; undefined for another form. */
export function subjectNames(sub: string | undefined): SubjectNames | undefined {
  const found = /^owner:([^:]+):project:([^:]+):environment:([^:]+)$/.exec(sub ?? '');
  if (found === null) return undefined;
  const [, owner, project, environment] = found as unknown as [string, string, string, string];
  return { owner, project, environment };
}
