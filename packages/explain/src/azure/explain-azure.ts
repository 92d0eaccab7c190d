/** `explain` for Azure: federated credentials of an application or a managed identity against a token. */

import type { TokenClaims } from '../claims.js';
import { differences, teamOfIssuer, type Difference } from '../differences.js';
import { finding, findingsAt, type Check, type Explanation, type Finding } from '../findings.js';
import { textsOf } from '../json.js';
import { permissiveFindings } from '../permissive.js';
import { assertKind } from '../recognise.js';
import { resultOf } from '../truth.js';
import { fitsPattern } from '../aws/glob.js';
import { holds, parseExpression, textClaim, type Comparison } from './expression.js';
import {
  credentialProblems,
  isTemplateExpression,
  MOST_CREDENTIALS,
  readCredentials,
} from './credentials.js';
import type { FederatedCredential } from './credentials.js';
import { entraAnswer, judgeAzure, type AzureJudgement, type JudgedCredential } from './judge-azure.js';

export function explainAzure(value: unknown, claims: TokenClaims): Omit<Explanation, 'cloud' | 'summary'> {
  assertKind(value, 'azure', 'policy');
  const all = readCredentials(value);
  // More are not kept, and are not compared.
  const credentials = all.slice(0, MOST_CREDENTIALS);
  const judgement = judgeAzure(credentials, claims);
  const checks = judgement.credentials.flatMap((one) => checksOf(one, claims));
  const problems = credentialProblems(all).map(({ at, code, message }) => finding(code, at, message));
  const { allowed } = judgement;
  const errors = problems.filter(({ severity }) => severity === 'error');
  // A flexible credential that Entra does not keep does not affect another credential that accepts the token.
  if (errors.length > 0 && !(allowed === true && errors.every(isFlexible)))
    return { verdict: 'invalid', answer: 'Request_BadRequest', checks, findings: problems };
  if (allowed === true)
    return {
      verdict: 'allowed',
      answer: undefined,
      checks,
      findings: [
        ...tooPermissive(credentials, claims),
        ...problems.map((one): Finding => (one.severity === 'error' ? { ...one, severity: 'warning' } : one)),
      ],
    };
  return {
    verdict: allowed === undefined ? 'undecided' : 'refused',
    answer: allowed === undefined ? undefined : entraAnswer(judgement, claims),
    checks,
    findings: [...whyNot(judgement, claims), ...templateNotes(judgement), ...problems],
  };
}

const isFlexible = ({ at }: Finding): boolean => at.endsWith('.claimsMatchingExpression');

/** The other tokens that are tried are tokens of Vercel. */
function tooPermissive(credentials: readonly FederatedCredential[], claims: TokenClaims): readonly Finding[] {
  const isAccepted = (other: TokenClaims): boolean => judgeAzure(credentials, other).allowed === true;
  const isOfVercel = teamOfIssuer(claims.iss ?? '') !== undefined;
  return isOfVercel ? permissiveFindings(claims, 'credentials', isAccepted) : [];
}

function checksOf(
  { credential, isIssuer, isSubject, isAudience }: JudgedCredential,
  claims: TokenClaims,
): readonly Check[] {
  const { at, issuer, subject, audiences, expression } = credential;
  return [
    { at: `${at}.issuer`, what: 'issuer', wanted: issuer, presented: claims.iss, result: resultOf(isIssuer) },
    {
      at: expression === undefined ? `${at}.subject` : `${at}.claimsMatchingExpression`,
      what: expression === undefined ? 'subject' : 'expression',
      wanted: expression ?? subject ?? '',
      presented: claims.sub,
      result: resultOf(isSubject),
    },
    {
      at: `${at}.audiences`,
      what: 'audience',
      wanted: audiences.join(', '),
      presented: textsOf(claims.aud).join(', '),
      result: resultOf(isAudience),
    },
  ];
}

function* whyNot(
  { credentials, hasOneAudience, allowed }: AzureJudgement,
  claims: TokenClaims,
): Generator<Finding> {
  if (allowed === undefined) return;
  if (!hasOneAudience)
    yield finding(
      'several_audiences',
      'token',
      `The token is for ${textsOf(claims.aud).length} audiences; Entra takes one.`,
    );
  if (credentials.length === 0)
    yield finding('no_credentials', 'credentials', 'The application has no federated credential.');
  const [best] = [...credentials].sort((one, other) => closeness(other) - closeness(one));
  if (best === undefined || (best.applies !== false && !hasOneAudience)) return;
  yield* differencesOf(best, claims);
  const parts = ['isIssuer', 'isSubject', 'isAudience'] as const;
  if (hasOneAudience && parts.every((part) => credentials.some((one) => one[part] !== false)))
    yield finding(
      'issuer_and_subject_apart',
      'credentials',
      'Issuer, subject and audience of the token are each in some credential, but not in one and the same.',
    );
}

/** The credential that was most likely meant: the one that fits most, and of those the one with the fewest slips. */
function closeness({ isIssuer, isSubject, isAudience, credential }: JudgedCredential): number {
  const sameIgnoringSlips = (credential.subject ?? '').length;
  return (
    (isSubject !== false ? 4 : 0) +
    (isIssuer !== false ? 2 : 0) +
    (isAudience !== false ? 1 : 0) +
    Math.min(sameIgnoringSlips, 1) / 2
  );
}

function* differencesOf(
  { credential, isIssuer, isSubject, isAudience }: JudgedCredential,
  claims: TokenClaims,
): Generator<Finding> {
  const { at, issuer, subject, audiences, expression } = credential;
  if (isIssuer === false)
    yield* findingsAt(`${at}.issuer`, exactDifferences('issuer', issuer, claims.iss ?? '', claims));
  if (isSubject === false)
    yield* expression === undefined
      ? findingsAt(`${at}.subject`, exactDifferences('subject', subject ?? '', claims.sub ?? '', claims))
      : findingsAt(`${at}.claimsMatchingExpression`, expressionDifferences(expression, claims));
  const presented = textsOf(claims.aud)[0] ?? '';
  if (isAudience === false)
    for (const wanted of audiences)
      yield* findingsAt(`${at}.audiences`, exactDifferences('audience', wanted, presented, claims));
}

function exactDifferences(
  kind: 'issuer' | 'subject' | 'audience',
  wanted: string,
  presented: string,
  claims: TokenClaims,
): readonly Difference[] {
  // A URL may contain a question mark.
  if (!(kind === 'subject' ? /[*?]/ : /\*/).test(wanted)) return differences(kind, wanted, presented, claims);
  const message = `Entra takes \`*\` and \`?\` in ${JSON.stringify(wanted)} literally.`;
  return [{ code: 'wildcard_not_supported', message }];
}

/** Values that are known only when the template is deployed. */
function templateNotes({ credentials }: AzureJudgement): readonly Finding[] {
  return credentials
    .filter(({ applies }) => applies === undefined)
    .flatMap(({ credential: { at, issuer, subject, expression, audiences } }) =>
      [issuer, subject ?? '', expression ?? '', ...audiences]
        .filter(isTemplateExpression)
        .map((value) => `The template computes ${JSON.stringify(value)} when it is deployed.`)
        .map((message) => finding('not_judged_offline', at, message)),
    );
}

// Why an expression of a flexible credential is false for a token: each comparison that fails.

const expressionDifferences = (expression: string, claims: TokenClaims): readonly Difference[] =>
  (parseExpression(expression) ?? [])
    .filter((comparison) => !holds(comparison, claims))
    .flatMap((comparison) => comparisonDifferences(comparison, claims));

function comparisonDifferences(
  { claim, operator, wanted }: Comparison,
  claims: TokenClaims,
): readonly Difference[] {
  const presented = textClaim(claims, claim);
  const lookup = `claims['${claim}']`;
  if (presented === undefined)
    return [{ code: 'no_such_claim', message: `The token has no claim \`${claim}\` that is a text.` }];
  const pair = `the expression has ${JSON.stringify(wanted)}, the token ${JSON.stringify(presented)}`;
  if (operator === 'matches') {
    const isCase = fitsPattern(wanted.toLowerCase(), presented.toLowerCase(), undefined) === true;
    return [
      isCase
        ? { code: 'case_differs', message: `Only the case of letters of \`${lookup}\` differs: ${pair}.` }
        : { code: 'pattern_differs', message: `The pattern of \`${lookup}\` does not fit: ${pair}.` },
    ];
  }
  if (/[*?]/.test(wanted) && fitsPattern(wanted, presented, undefined) === true)
    return [
      {
        code: 'wildcard_not_supported',
        message: `\`eq\` takes \`*\` and \`?\` in ${JSON.stringify(wanted)} literally; \`matches\` takes patterns.`,
      },
    ];
  return differences(claim === 'sub' ? 'subject' : 'other', wanted, presented, claims);
}
