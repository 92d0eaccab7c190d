/** Federated credentials as data: what Entra keeps of one, and what it would refuse to keep. */

import { isObject, member, text, textsOf } from '../json.js';
import type { JsonObject } from '../json.js';
import type { Truth } from '../truth.js';
import { placedCredentials } from './credential-files.js';
import { holds, parseExpression, problemOfExpression } from './expression.js';
import type { ExpressionProblem } from './expression.js';
import type { TokenClaims } from '../claims.js';

export interface FederatedCredential {
  readonly at: string;
  readonly name: string;
  readonly issuer: string;
  /** Undefined if the credential has an expression instead. */
  readonly subject: string | undefined;
  readonly audiences: readonly string[];
  /** Of a flexible credential: `claims['sub'] matches 'owner:acme:*'`. */
  readonly expression: string | undefined;
  /** 1 where the file does not say. */
  readonly languageVersion: unknown;
  /** By the type that Azure Resource Manager prints. */
  readonly isManagedIdentity: boolean;
  /** No value is computed by a template. */
  readonly isDeployed: boolean;
}

/** @param isDeployed the values are those that Entra keeps: a text in brackets is not an expression of a template */
export function readCredentials(value: unknown, isDeployed = false): readonly FederatedCredential[] {
  return placedCredentials(value).map(({ at, credential }) => {
    const flexible = member(credential, 'claimsMatchingExpression');
    return {
      at,
      name: isDeployed ? (text(credential, 'name') ?? '') : nameOf(credential),
      issuer: text(credential, 'issuer') ?? '',
      subject: text(credential, 'subject'),
      audiences: textsOf(member(credential, 'audiences') ?? []),
      expression: isObject(flexible)
        ? text(flexible, 'value')
        : typeof flexible === 'string'
          ? flexible
          : undefined,
      languageVersion: isObject(flexible) ? (member(flexible, 'languageVersion') ?? 1) : 1,
      isManagedIdentity: /^Microsoft\.ManagedIdentity\//i.test(text(credential, 'type') ?? ''),
      isDeployed,
    };
  });
}

/** The last segment: ARM names a child resource by its parent as well (`identity/credential`). */
const nameOf = (credential: JsonObject): string => (text(credential, 'name') ?? '').split('/').at(-1) ?? '';

/** `[parameters('team')]` of a template: its value is known when it is deployed. `[[` is an escaped bracket. */
export const isTemplateExpression = (value: string): boolean => /^\[(?!\[).*\]$/s.test(value);

const isComputed = ({ isDeployed }: FederatedCredential, value: string): boolean =>
  !isDeployed && isTemplateExpression(value);

/** A value of the credential is compared exactly, with case. */
export const isEqual = (
  credential: FederatedCredential,
  wanted: string,
  presented: string | undefined,
): Truth => (isComputed(credential, wanted) ? undefined : wanted === presented);

/** Whether the token's subject is the credential's, or its claims are as the expression says. */
export function isSubject(credential: FederatedCredential, claims: TokenClaims): Truth {
  const { subject, expression } = credential;
  if (expression === undefined) return isEqual(credential, subject ?? '', claims.sub ?? '');
  if ([expression, credential.issuer].some((value) => isComputed(credential, value))) return undefined;
  if (expressionProblems(credential).some(({ code }) => code !== 'refused_today')) return false;
  return (parseExpression(expression) ?? []).every((comparison) => holds(comparison, claims));
}

export interface Problem {
  readonly at: string;
  readonly code: 'too_many_credentials' | ExpressionProblem['code'];
  readonly message: string;
}

/** Of one application or managed identity. */
export const MOST_CREDENTIALS = 20;

/** What Graph refuses to keep. */
export function credentialProblems(credentials: readonly FederatedCredential[]): readonly Problem[] {
  const problems: Problem[] = [];
  const bad = (at: string, message: string): void =>
    void problems.push({ at, code: 'malformed_policy', message });
  if (credentials.length > MOST_CREDENTIALS)
    problems.push({
      at: `[${MOST_CREDENTIALS}]`,
      code: 'too_many_credentials',
      message: `There are ${credentials.length} credentials; Entra keeps at most ${MOST_CREDENTIALS}.`,
    });
  const names = new Set<string>();
  const pairs = new Set<string>();
  for (const credential of credentials) {
    const { at, name, issuer, subject, audiences, expression, isDeployed } = credential;
    if (name.length > 120 || (isDeployed && name === ''))
      bad(`${at}.name`, 'A name has 1 to 120 characters.');
    if (name !== '' && !/^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/.test(name))
      problems.push({
        at: `${at}.name`,
        code: 'refused_today',
        message:
          'A new name has 3 to 120 letters, digits, - and _, and begins with a letter or a digit. The name plays no part in the verdict.',
      });
    if (names.has(name) && name !== '') bad(`${at}.name`, 'Another credential has the same name.');
    if (issuer === '' || issuer.length > 600) bad(`${at}.issuer`, 'An issuer has 1 to 600 characters.');
    if (expression !== undefined && subject !== undefined)
      bad(`${at}.subject`, 'A credential has a subject or an expression, not both.');
    else if (expression === undefined && (subject === undefined || subject === '' || subject.length > 600))
      bad(`${at}.subject`, 'A subject has 1 to 600 characters.');
    if (audiences.length !== 1 || audiences[0] === '' || (audiences[0] as string).length > 600)
      bad(`${at}.audiences`, 'A credential has one audience, of 1 to 600 characters.');
    problems.push(
      ...expressionProblems(credential).map((problem) => ({
        at: `${at}.claimsMatchingExpression`,
        ...problem,
      })),
    );
    const pair = JSON.stringify([issuer, subject ?? expression]);
    if (pairs.has(pair)) bad(at, 'Another credential has the same issuer and subject.');
    names.add(name);
    pairs.add(pair);
  }
  return problems;
}

function expressionProblems(credential: FederatedCredential): readonly ExpressionProblem[] {
  const { expression, issuer, languageVersion } = credential;
  if (expression === undefined || [expression, issuer].some((value) => isComputed(credential, value)))
    return [];
  if (languageVersion !== 1)
    return [{ code: 'malformed_policy', message: 'The languageVersion of an expression is 1.' }];
  const problem = problemOfExpression(expression, credential);
  return problem === undefined ? [] : [problem];
}
