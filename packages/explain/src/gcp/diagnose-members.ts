/** Why no binding of the service account names this token's principal, in words. */

import type { TokenClaims } from '../claims.js';
import { differences } from '../differences.js';
import { finding, oneFinding } from '../findings.js';
import type { Finding } from '../findings.js';
import type { Mapped } from './identity.js';
import { mappedText } from './identity.js';
import type { JudgedBinding } from './members.js';
import { principalOf } from './members.js';

export function diagnoseBindings(
  judged: readonly JudgedBinding[],
  pool: string,
  mapped: Mapped,
  claims: TokenClaims,
): readonly Finding[] {
  const found = judged.flatMap(({ binding, isGranting, isMember, applies }): readonly Finding[] => {
    const { at, role, hasCondition, isInherited } = binding;
    if (isGranting === false)
      return isMember && !isInherited
        ? oneFinding(
            'wrong_role',
            `${at}.role`,
            `The token is a member of ${role}, which does not let it act as the service account.`,
          )
        : [];
    if (isMember && applies === undefined)
      return oneFinding(
        'not_judged_offline',
        at,
        hasCondition
          ? 'The binding has a condition, which is not evaluated here.'
          : `No input contains the permissions of the role ${role}.`,
      );
    return binding.members.flatMap((member) => diagnoseMember(member, `${at}.members`, pool, mapped, claims));
  });
  const name = principalOf(pool, mapped) ?? 'the token';
  return [...found, finding('no_binding', 'bindings', `No binding that gives access tokens names ${name}.`)];
}

const MEMBER =
  /^(principal|principalSet):\/\/iam\.googleapis\.com\/projects\/([^/]+)\/locations\/global\/workloadIdentityPools\/([^/]+)\/(.+)$/;

function diagnoseMember(
  member: string,
  at: string,
  pool: string,
  mapped: Mapped,
  claims: TokenClaims,
): readonly Finding[] {
  const [, , project = '', poolId = '', rest = ''] = MEMBER.exec(member) ?? [];
  if (rest === '') return [];
  const shown = JSON.stringify(member);
  const [, ownProject = '', , , , ownPool = ''] = pool.split('/');
  const found: Finding[] = [];
  if (!/^\d+$/.test(project))
    found.push(
      finding(
        'project_id_not_number',
        at,
        `${shown} names the project by ${JSON.stringify(project)}, not by its number ${ownProject}.`,
      ),
    );
  else if (project !== ownProject || poolId !== ownPool)
    found.push(finding('pool_differs', at, `${shown} is of another pool than ${pool}.`));
  if (poolId !== ownPool && !/^\d+$/.test(project))
    found.push(finding('pool_differs', at, `${shown} is of another pool than ${pool}.`));
  return [...found, ...diagnoseTail(rest, at, mapped, claims)];
}

function diagnoseTail(rest: string, at: string, mapped: Mapped, claims: TokenClaims): readonly Finding[] {
  const subject = /^subject\/(.+)$/.exec(rest)?.[1];
  if (subject !== undefined)
    return ofValue(subject, mappedText(mapped, 'google.subject') ?? '', at, claims, 'subject');
  const [, target, wanted] = /^(attribute\.[a-z0-9_]+)\/(.+)$/.exec(rest) ?? [];
  if (target === undefined || wanted === undefined) return [];
  const value = mappedText(mapped, target);
  if (value === undefined)
    return oneFinding(
      'attribute_not_mapped',
      at,
      `\`${target}\` is not mapped by the provider, or the token has nothing for it.`,
    );
  if (/\/attribute\.[a-z0-9_]+\//.test(wanted))
    return oneFinding(
      'one_attribute_per_member',
      at,
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
  if (wanted.includes('*'))
    return oneFinding(
      'wildcard_in_member',
      at,
      `${JSON.stringify(wanted)} is compared as it is: the token has ${JSON.stringify(presented)}.`,
    );
  return differences(kind, wanted, presented, claims).map(({ code, message }) => finding(code, at, message));
}
