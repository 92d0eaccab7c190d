/** Why an expression of a flexible credential is false for a token: each comparison that fails. */

import type { TokenClaims } from '../claims.js';
import { fitsPattern } from '../aws/glob.js';
import { differences } from '../differences.js';
import type { Difference } from '../differences.js';
import { holds, parseExpression, textClaim } from './expression.js';
import type { Comparison } from './expression.js';

export const expressionDifferences = (expression: string, claims: TokenClaims): readonly Difference[] =>
  (parseExpression(expression) ?? [])
    .filter((comparison) => !holds(comparison, claims))
    .flatMap((comparison) => differencesOf(comparison, claims));

function differencesOf({ claim, operator, wanted }: Comparison, claims: TokenClaims): readonly Difference[] {
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
