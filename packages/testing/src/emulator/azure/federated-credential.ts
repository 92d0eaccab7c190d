/** Matching a presented assertion to a federated identity credential: exact, in every letter. */
import type { FederatedCredential } from './directory.js';

export interface Presented {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

export type Match = 'match' | 'none-configured' | 'issuer' | 'subject' | 'subject-case' | 'audience';

/** The first of issuer, subject and audience that no credential has together with those before it. */
export function matchFederatedCredential(
  credentials: readonly FederatedCredential[],
  presented: Presented,
): Match {
  if (credentials.length === 0) return 'none-configured';
  const ofIssuer = credentials.filter((c) => c.issuer === presented.issuer);
  if (ofIssuer.length === 0) return 'issuer';
  const ofSubject = ofIssuer.filter((c) => c.subject === presented.subject);
  if (ofSubject.length === 0) {
    const wanted = presented.subject.toLowerCase();
    return ofIssuer.some((c) => c.subject.toLowerCase() === wanted) ? 'subject-case' : 'subject';
  }
  return ofSubject.some((c) => c.audience === presented.audience) ? 'match' : 'audience';
}
