/** Federated credentials as data: what Entra keeps of one, and what it would refuse to keep. */

import { isObject, member, text, textsOf, type JsonObject } from '../json.js';
import type { Truth } from '../truth.js';
import { holds, parseExpression, problemOfExpression, type ExpressionProblem } from './expression.js';
import type { TokenClaims } from '../claims.js';

// The files in which federated credentials come: what `az ad app federated-credential list` and `az identity
// federated-credential list` print, a list of Graph or of Azure Resource Manager, and ARM templates, which are also
// what `bicep build` makes.

interface PlacedCredential {
  /** Where in the file: `[0]`, `value[0]`, `resources[2]`. */
  readonly at: string;
  readonly credential: JsonObject;
}

/** Microsoft.ManagedIdentity/…/federatedIdentityCredentials, and the same of Microsoft.Graph/applications. */
const TYPE = /\bfederatedIdentityCredentials(?:@|$)/i;

function placedCredentials(value: unknown): readonly PlacedCredential[] {
  if (Array.isArray(value)) return listed(value, '');
  if (!isObject(value)) return [];
  const list = member(value, 'value');
  if (Array.isArray(list)) return listed(list, '');
  return isTemplate(value) ? inResources(value, '') : [{ at: '[0]', credential: flat(value) }];
}

/** Whether the value is an ARM template or one of its resources with children. */
export function isTemplate(value: JsonObject): boolean {
  const resources = member(value, 'resources');
  return Array.isArray(resources) || isObject(resources);
}

function listed(list: readonly unknown[], at: string): readonly PlacedCredential[] {
  return list
    .filter(isObject)
    .map((credential, index) => ({ at: `${at}[${index}]`, credential: flat(credential) }));
}

/** `resources` is a list, and an object by symbolic name from language version 2.0 on. */
function inResources(parent: JsonObject, at: string): readonly PlacedCredential[] {
  const resources = member(parent, 'resources');
  const entries: readonly (readonly [string, unknown])[] = Array.isArray(resources)
    ? resources.map((one, index) => [`[${index}]`, one] as const)
    : Object.entries(isObject(resources) ? resources : {}).map(([name, one]) => [`.${name}`, one] as const);
  return entries.flatMap(([key, resource]) => {
    if (!isObject(resource)) return [];
    const here = `${at}resources${key}`;
    const own = TYPE.test(text(resource, 'type') ?? '') ? [{ at: here, credential: flat(resource) }] : [];
    return [...own, ...inResources(resource, `${here}.`)];
  });
}

/** Azure Resource Manager keeps the fields in `properties`. */
function flat(credential: JsonObject): JsonObject {
  const properties = member(credential, 'properties');
  return isObject(properties) ? { ...credential, ...properties } : credential;
}

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

interface Problem {
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
