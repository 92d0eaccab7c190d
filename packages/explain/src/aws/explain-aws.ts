/** `explain` for AWS: a role's trust policy against a token. */

import type { TokenClaims } from '../claims.js';
import type { Explanation } from '../explanation.js';
import { finding } from '../findings.js';
import { isObject } from '../json.js';
import { permissiveFindings } from '../permissive.js';
import { PolicyFileError } from '../policy-file-error.js';
import { assertKind, onlyOne } from '../recognise.js';
import { providerChecks, statementChecks } from './aws-checks.js';
import { policyFindings, providerFindings } from './aws-findings.js';
import { notesOf } from './aws-notes.js';
import type { IdentityProvider } from './identity-provider.js';
import { judgeAws, type AwsTrust } from './judge-aws.js';
import type { RequestFacts } from './request-keys.js';
import { readPolicyDocument, unwrapRole } from './policy-document.js';

export function explainAws(
  value: unknown,
  claims: TokenClaims,
  identityProvider: IdentityProvider | undefined,
  given: RequestFacts,
): Omit<Explanation, 'cloud' | 'summary'> {
  assertKind(value, 'aws', 'policy');
  const only = onlyOne(value, 'aws', 'policy');
  const { document, roleArn } = unwrapRole(isObject(only) ? only : {});
  if (given.roleArn !== undefined && roleArn !== undefined && given.roleArn !== roleArn)
    throw new PolicyFileError(
      'policy_of_another_role',
      'policy',
      '`policy` is the policy of another role than the one that the token is for.',
      { hint: 'Pass the output of `aws iam get-role` for the role that the token is for.' },
    );
  const policy = readPolicyDocument(document, { kind: 'trust', isTemplate: true });
  const facts = { ...given, roleArn: given.roleArn ?? roleArn };
  const trust: AwsTrust = { policy, identityProvider, facts };
  const judgement = judgeAws(trust, claims);
  const checks = [
    ...providerChecks(identityProvider, claims, judgement),
    ...judgement.statements.flatMap((one) => statementChecks(one, trust, claims)),
  ];
  if (policy.problems.length > 0) {
    const findings = policy.problems.map(({ at, message }) => finding('malformed_policy', at, message));
    return { verdict: 'invalid', answer: 'MalformedPolicyDocument', checks, findings };
  }
  const notes = [...notesOf(trust, judgement, claims)];
  const { allowed } = judgement;
  if (allowed === true) {
    const isAccepted = (other: TokenClaims): boolean => judgeAws(trust, other).allowed === true;
    return {
      verdict: 'allowed',
      answer: undefined,
      checks,
      findings: [...permissiveFindings(claims, 'Statement', isAccepted), ...notes],
    };
  }
  const { isIssuerKnown, isAudienceKnown, isAudienceOpen, claimFindings } = judgement;
  const isOfProvider = !isIssuerKnown || !isAudienceKnown || isAudienceOpen || claimFindings.length > 0;
  return {
    verdict: allowed === undefined ? 'undecided' : 'refused',
    answer: allowed === undefined ? undefined : isOfProvider ? 'InvalidIdentityToken' : 'AccessDenied',
    checks,
    findings: [
      ...providerFindings(trust, judgement, claims),
      ...claimFindings,
      ...policyFindings(trust, judgement, claims),
      ...notes,
    ],
  };
}
