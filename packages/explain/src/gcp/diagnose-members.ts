/** Why no binding of the service account names this token's principal, in words. */

import type { TokenClaims } from '../claims.js';
import { differences } from '../differences.js';
import { finding, findingsAt, type Finding, type FindingCode } from '../findings.js';
import { mappedText, type Mapped } from './identity.js';
import { principalOf, type JudgedBinding } from './members.js';

export function* diagnoseBindings(
  judged: readonly JudgedBinding[],
  pool: string,
  mapped: Mapped,
  claims: TokenClaims,
): Generator<Finding> {
  for (const { binding, isGranting, isMember, applies } of judged) {
    const { at, role, hasCondition, isInherited, members } = binding;
    if (isGranting === false) {
      if (isMember && !isInherited)
        yield finding(
          'wrong_role',
          `${at}.role`,
          `The token is a member of ${role}, which does not let it act as the service account.`,
        );
    } else if (isMember && applies === undefined)
      yield finding(
        'not_judged_offline',
        at,
        hasCondition
          ? 'The binding has a condition, which is not evaluated here.'
          : `No input contains the permissions of the role ${role}.`,
      );
    else for (const member of members) yield* diagnoseMember(member, `${at}.members`, pool, mapped, claims);
  }
  const name = principalOf(pool, mapped) ?? 'the token';
  yield finding('no_binding', 'bindings', `No binding that gives access tokens names ${name}.`);
}

const MEMBER =
  /^(principal|principalSet):\/\/iam\.googleapis\.com\/projects\/([^/]+)\/locations\/global\/workloadIdentityPools\/([^/]+)\/(.+)$/;

function* diagnoseMember(
  member: string,
  at: string,
  pool: string,
  mapped: Mapped,
  claims: TokenClaims,
): Generator<Finding> {
  const [, , project = '', poolId = '', rest = ''] = MEMBER.exec(member) ?? [];
  if (rest === '') return;
  const shown = JSON.stringify(member);
  const [, ownProject = '', , , , ownPool = ''] = pool.split('/');
  const isNumber = /^\d+$/.test(project);
  if (!isNumber)
    yield finding(
      'project_id_not_number',
      at,
      `${shown} names the project by ${JSON.stringify(project)}, not by its number ${ownProject}.`,
    );
  if (poolId !== ownPool || (isNumber && project !== ownProject))
    yield finding('pool_differs', at, `${shown} is of another pool than ${pool}.`);
  yield* diagnoseTail(rest, at, mapped, claims);
}

function diagnoseTail(rest: string, at: string, mapped: Mapped, claims: TokenClaims): readonly Finding[] {
  const subject = /^subject\/(.+)$/.exec(rest)?.[1];
  if (subject !== undefined)
    return ofValue(subject, mappedText(mapped, 'google.subject') ?? '', at, claims, 'subject');
  const [, target, wanted] = /^(attribute\.[a-z0-9_]+)\/(.+)$/.exec(rest) ?? [];
  if (target === undefined || wanted === undefined) return [];
  const value = mappedText(mapped, target);
  const one = (code: FindingCode, message: string): readonly Finding[] => [finding(code, at, message)];
  if (value === undefined)
    return one(
      'attribute_not_mapped',
      `\`${target}\` is not mapped by the provider, or the token has nothing for it.`,
    );
  if (/\/attribute\.[a-z0-9_]+\//.test(wanted))
    return one(
      'one_attribute_per_member',
      `${JSON.stringify(rest)} names two attributes; all after the first is its value.`,
    );
  return ofValue(wanted, value, at, claims, 'other');
}

function ofValue(
  wanted: string,
  presented: string,
  at: string,
  claims: TokenClaims,
  kind: 'subject' | 'other',
): readonly Finding[] {
  if (wanted === presented) return [];
  if (!wanted.includes('*')) return findingsAt(at, differences(kind, wanted, presented, claims));
  const message = `${JSON.stringify(wanted)} is compared as it is: the token has ${JSON.stringify(presented)}.`;
  return [finding('wildcard_in_member', at, message)];
}
