/** Federated identity credentials: what Graph keeps of them, and which of them a presented assertion matches. */
import { expressionProblem, holdsExpression, parseExpression } from './claims-expression.js';
import type { IdentityKind } from './claims-expression.js';

export interface FederatedCredential {
  readonly name: string;
  readonly issuer: string;
  /** Left out (`null` in Graph's answers) where `claimsMatchingExpression` stands in its place. */
  readonly subject?: string | null | undefined;
  /** Exactly one: a list of another length is refused, as Graph does. */
  readonly audience: string | readonly string[];
  /**
   * Of a flexible credential: `claims['sub'] matches 'repo:acme/*' and claims['repository_id'] eq '1'`. Kept for the
   * issuers of GitHub, GitLab and Terraform Cloud, with the claims and operators that Entra allows for each.
   */
  readonly claimsMatchingExpression?:
    { readonly value: string; readonly languageVersion: number } | null | undefined;
}

export interface CredentialRules {
  readonly kind: IdentityKind;
  /** The credentials are older than the rules for names and for the ids of GitHub's expressions. */
  readonly isOlder: boolean;
}

/**
 * Graph refuses these at creation as well, so that a test can't rely on what Entra would never hold.
 *
 * @throws TypeError
 */
export function checkFederatedCredentials(
  credentials: readonly FederatedCredential[],
  rules: CredentialRules,
): void {
  if (credentials.length > 20)
    throw new TypeError('federatedCredentials: at most 20 for an application or a managed identity.');
  const names = new Set<string>();
  const pairs = new Set<string>();
  for (const credential of credentials) {
    const { name, issuer, subject, claimsMatchingExpression: expression } = credential;
    checkName(name, rules);
    checkTexts(credential);
    checkExpression(credential, rules);
    if (names.has(name)) throw new TypeError(`federatedCredentials: the name ${name} appears twice.`);
    const pair = JSON.stringify([issuer, subject ?? expression?.value]);
    if (pairs.has(pair))
      throw new TypeError(
        `federatedCredentials: ${name} repeats an issuer and subject; the pair must be unique.`,
      );
    names.add(name);
    pairs.add(pair);
  }
}

function checkName(name: string, { isOlder }: CredentialRules): void {
  const isKept = isOlder ? name !== '' && name.length <= 120 : /^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/.test(name);
  if (!isKept)
    throw new TypeError(`federatedCredentials: name ${JSON.stringify(name)} must match [\\w-]{3,120}.`);
}

function checkTexts({ name, issuer, subject, audience }: FederatedCredential): void {
  const audiences = [audience].flat();
  if (audiences.length !== 1)
    throw new TypeError(`federatedCredentials: ${name}.audience must be exactly one audience.`);
  for (const [field, value] of Object.entries({
    issuer,
    subject: subject ?? undefined,
    audience: audiences[0],
  }))
    if (value !== undefined && (value === '' || value.length > 600))
      throw new TypeError(`federatedCredentials: ${name}.${field} must have 1 to 600 characters.`);
}

function checkExpression(credential: FederatedCredential, rules: CredentialRules): void {
  const { name, issuer, subject, claimsMatchingExpression: expression } = credential;
  const hasSubject = subject !== undefined && subject !== null;
  if (hasSubject === (expression !== undefined && expression !== null))
    throw new TypeError(
      `federatedCredentials: ${name} must have either a subject or a claimsMatchingExpression.`,
    );
  if (expression === undefined || expression === null) return;
  if (expression.languageVersion !== 1)
    throw new TypeError(`federatedCredentials: ${name}: the languageVersion of an expression is 1.`);
  const problem = expressionProblem(issuer, expression.value, rules);
  if (problem !== undefined)
    throw new TypeError(`federatedCredentials: ${name}: the claimsMatchingExpression ${problem}.`);
}

export interface Presented {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export type Match =
  'match' | 'none-configured' | 'issuer' | 'subject' | 'subject-case' | 'expression' | 'audience';

/** The first of issuer, subject and audience that no credential has together with those before it: exact, in every letter. */
export function matchFederatedCredential(
  credentials: readonly FederatedCredential[],
  presented: Presented,
): Match {
  if (credentials.length === 0) return 'none-configured';
  const ofIssuer = credentials.filter((c) => c.issuer === presented.issuer);
  if (ofIssuer.length === 0) return 'issuer';
  const ofSubject = ofIssuer.filter((c) => isSubject(c, presented));
  if (ofSubject.length === 0) {
    const wanted = presented.subject.toLowerCase();
    if (ofIssuer.some((c) => c.subject?.toLowerCase() === wanted)) return 'subject-case';
    return ofIssuer.some((c) => hasExpression(c)) ? 'expression' : 'subject';
  }
  return ofSubject.some((c) => [c.audience].flat()[0] === presented.audience) ? 'match' : 'audience';
}

const hasExpression = ({ subject }: FederatedCredential): boolean =>
  subject === undefined || subject === null;

function isSubject(credential: FederatedCredential, { subject, claims }: Presented): boolean {
  if (!hasExpression(credential)) return credential.subject === subject;
  const comparisons = parseExpression(credential.claimsMatchingExpression?.value ?? '');
  return comparisons !== undefined && holdsExpression(comparisons, claims);
}
