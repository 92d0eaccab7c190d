/** Why one condition of a trust policy does not hold. */

import type { TokenClaims } from '../claims.js';
import { closest, differences, type ClaimKind, type Difference } from '../differences.js';
import { finding, findingsAt, type Finding, type FindingCode } from '../findings.js';
import { textsOf } from '../json.js';
import { fitsPattern, hasVariable, hasWildcard } from './glob.js';
import { webIdentityAudiences, isMultivalued, issuerHost, type KeyValue } from './request-keys.js';
import type { Condition } from './policy-elements.js';

export interface FailedCondition {
  readonly condition: Condition;
  readonly presented: KeyValue;
  readonly claims: TokenClaims;
  readonly hasVariables: boolean;
}

export function diagnoseCondition(failed: FailedCondition): readonly Finding[] {
  const { condition, presented, hasVariables } = failed;
  const { at, key, values, operator } = condition;
  const say = (code: FindingCode, message: string): Finding => finding(code, `${at}["${key}"]`, message);
  if (presented === 'unknown')
    return [say('not_judged_offline', `No input contains the value of \`${key}\` in the request.`)];
  if (!hasVariables && values.some(hasVariable))
    return [
      say(
        'variables_need_version',
        `\`${values.find(hasVariable)}\` is plain text in this version of the policy language.`,
      ),
    ];
  if (presented === 'absent') return [absentKey(failed, say), ...underRightKey(failed)];
  const shown = presented.map((one) => JSON.stringify(one)).join(', ');
  if (operator.set === undefined && operator.base !== 'Null' && isMultivalued(key))
    return [
      say(
        'multivalued_key',
        `\`${key}\` may have several values (${shown}), and ${operator.name} compares one.`,
      ),
    ];
  if (operator.base === 'Null')
    return [say('value_differs', `\`${key}\` is present (${shown}), and the policy wants it absent.`)];
  if (operator.isNegated)
    return [say('value_differs', `${operator.name} excludes the value of the token: ${shown}.`)];
  if (values.length === 0)
    return [say('value_differs', `The list is empty: nothing equals \`${key}\`, which is ${shown}.`)];
  if (!operator.base.startsWith('String'))
    return [say('value_differs', `${operator.name} doesn't hold for ${shown}.`)];
  const found = closest(values.map((value) => textDifferences(failed, value, presented[0] ?? '')));
  return findingsAt(`${at}["${key}"]`, found);
}

function textDifferences(
  { condition, claims }: FailedCondition,
  value: string,
  presented: string,
): readonly Difference[] {
  const { key, operator } = condition;
  const kind = kindOf(key);
  if (!hasWildcard(value)) return differences(kind, value, presented, claims);
  const pair = `the policy has ${JSON.stringify(value)}, the token ${JSON.stringify(presented)}`;
  const fits = fitsPattern(value, presented, undefined) === true;
  const ofPattern = fits ? [] : patternDifferences(kind, value, presented, claims, pair);
  if (operator.base === 'StringLike') return ofPattern;
  return [
    {
      code: 'wildcard_in_string_equals',
      message: `${operator.name} takes \`*\` and \`?\` literally, and so never matches: ${pair}.`,
    },
    ...ofPattern,
  ];
}

/** The parts of a subject that match are left out of the comparison. */
function patternDifferences(
  kind: ClaimKind,
  pattern: string,
  presented: string,
  claims: TokenClaims,
  pair: string,
): readonly Difference[] {
  if (fitsPattern(pattern.toLowerCase(), presented.toLowerCase(), undefined) === true)
    return [{ code: 'case_differs', message: `Only the case of letters differs: ${pair}.` }];
  const [mine, theirs] = [pattern.split(':'), presented.split(':')];
  if (kind === 'subject' && mine.length === theirs.length) {
    const narrowed = mine.map((part, index) => {
      const other = theirs[index] ?? '';
      return fitsPattern(part, other, undefined) === true ? other : part;
    });
    return differences(kind, narrowed.join(':'), presented, claims);
  }
  if (
    kind === 'subject' &&
    fitsPattern(pattern.replaceAll(':', ''), presented.replaceAll(':', ''), undefined) === true
  )
    return [{ code: 'missing_colon', message: `Only the colons differ: ${pair}.` }];
  return [{ code: 'pattern_differs', message: `The pattern does not match: ${pair}.` }];
}

function kindOf(key: string): ClaimKind {
  const name = key.slice(key.lastIndexOf(':') + 1).toLowerCase();
  return name === 'sub' ? 'subject' : name === 'aud' || name === 'oaud' ? 'audience' : 'other';
}

/** A value that would not match under the right key either is a second mistake. */
function underRightKey(failed: FailedCondition): readonly Finding[] {
  const { condition, claims } = failed;
  const name = condition.key.slice(condition.key.lastIndexOf(':') + 1);
  const host = issuerHost(claims);
  if ((name !== 'sub' && name !== 'aud') || condition.key === `${host}:${name}`) return [];
  const presented = name === 'sub' ? textsOf(claims.sub) : webIdentityAudiences(claims);
  if (presented.length === 0 || condition.operator.test(presented, condition.values, undefined) !== false)
    return [];
  return diagnoseCondition({ ...failed, presented });
}

/** The request has no such key, mostly because the key begins with another issuer. */
function absentKey(
  { condition, claims }: FailedCondition,
  say: (code: FindingCode, message: string) => Finding,
): Finding {
  const { key } = condition;
  const colon = key.lastIndexOf(':');
  const [prefix, name] = [key.slice(0, colon), key.slice(colon + 1)];
  const host = issuerHost(claims);
  if (/^https?:\/\//i.test(key))
    return say(
      'key_with_scheme',
      `The key \`${key}\` has a scheme; for this token it is \`${host}:${name}\`.`,
    );
  if (prefix.toLowerCase() === host.toLowerCase())
    return Object.hasOwn(claims, name)
      ? say('claim_has_no_key', `The token has the claim \`${name}\`, but AWS makes no condition key of it.`)
      : say('unknown_condition_key', `AWS has no condition key \`${key}\`.`);
  if (/^(?:sub|aud|oaud|amr|email)$/i.test(name) || prefix.includes('oidc.vercel.com'))
    return say(
      'wrong_key_prefix',
      `The key \`${key}\` is of another issuer; for this token it is \`${host}:${name}\`.`,
    );
  return say('unknown_condition_key', `The request of a web identity has no key \`${key}\`.`);
}
