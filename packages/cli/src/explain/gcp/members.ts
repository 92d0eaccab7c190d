/** Who may act as a service account: `gcloud iam service-accounts get-iam-policy --format=json`. */

import { isObject, member, text, textsOf } from '../json.js';
import type { Truth } from '../truth.js';
import { allOf, anyOf } from '../truth.js';
import type { Mapped } from './identity.js';

export interface Binding {
  readonly at: string;
  readonly role: string;
  readonly members: readonly string[];
  readonly hasCondition: boolean;
}

export function readBindings(value: unknown): readonly Binding[] {
  const bindings = isObject(value) ? member(value, 'bindings') : undefined;
  if (!Array.isArray(bindings)) return [];
  return bindings.filter(isObject).map((binding, index) => ({
    at: `bindings[${index}]`,
    role: text(binding, 'role') ?? '',
    members: textsOf(member(binding, 'members') ?? []),
    hasCondition: isObject(member(binding, 'condition')),
  }));
}

/** Roles with iam.serviceAccounts.getAccessToken. */
const GRANTING: ReadonlySet<string> = new Set([
  'roles/iam.workloadIdentityUser',
  'roles/iam.serviceAccountTokenCreator',
]);

/** Of a role that a project or an organization made, no file at hand says what it holds. */
function grantsToken(role: string): Truth {
  if (GRANTING.has(role)) return true;
  return /^(?:projects|organizations)\//.test(role) ? undefined : false;
}

/** Every member string that names this principal. */
export function namesOf(pool: string, { values }: Mapped): readonly string[] {
  const groups = values.get('google.groups');
  const names = [
    `principal://iam.googleapis.com/${pool}/subject/${String(values.get('google.subject'))}`,
    `principalSet://iam.googleapis.com/${pool}/*`,
    ...(Array.isArray(groups) ? groups : []).map(
      (group) => `principalSet://iam.googleapis.com/${pool}/group/${String(group)}`,
    ),
  ];
  for (const [target, value] of values)
    if (target.startsWith('attribute.'))
      names.push(`principalSet://iam.googleapis.com/${pool}/${target}/${String(value)}`);
  return names;
}

const PUBLIC: ReadonlySet<string> = new Set(['allUsers', 'allAuthenticatedUsers']);

export interface JudgedBinding {
  readonly binding: Binding;
  readonly isGranting: Truth;
  readonly isMember: boolean;
  readonly applies: Truth;
}

export function judgeBindings(
  bindings: readonly Binding[],
  pool: string,
  mapped: Mapped,
): readonly JudgedBinding[] {
  const names = new Set(namesOf(pool, mapped));
  return bindings.map((binding) => {
    const isGranting = grantsToken(binding.role);
    const isMember = binding.members.some((one) => names.has(one) || PUBLIC.has(one));
    return {
      binding,
      isGranting,
      isMember,
      applies: allOf([isGranting, isMember, binding.hasCondition ? undefined : true]),
    };
  });
}

export const isGranted = (judged: readonly JudgedBinding[]): Truth =>
  anyOf(judged.map(({ applies }) => applies));

const POOL = String.raw`//iam\.googleapis\.com/projects/[^/]+/locations/global/workloadIdentityPools/[^/]+`;
const WELL_FORMED = new RegExp(
  String.raw`^(?:principal:${POOL}/subject/.+|principalSet:${POOL}/(?:\*|group/.+|attribute\.[a-z0-9_]+/.+))$`,
);

/** Members of pools that Google refuses to keep; of other kinds of members nothing is said. */
export const malformedMembers = ({ members }: Binding): readonly string[] =>
  members.filter(
    (one) =>
      /^principal(?:Set)?:/.test(one) && one.includes('/workloadIdentityPools/') && !WELL_FORMED.test(one),
  );
