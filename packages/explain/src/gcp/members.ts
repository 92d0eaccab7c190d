/** Who may act as a service account: `gcloud iam service-accounts get-iam-policy --format=json`. */

import { isObject, member, text, textsOf } from '../json.js';
import { allOf, anyOf, type Truth } from '../truth.js';
import { mappedText, type Mapped } from './identity.js';

export interface Binding {
  readonly at: string;
  readonly role: string;
  readonly members: readonly string[];
  readonly hasCondition: boolean;
  /** Of the project, a folder or the organization: there are bindings for other things as well. */
  readonly isInherited: boolean;
}

export function readBindings(value: unknown): readonly Binding[] {
  const bindings = isObject(value) ? member(value, 'bindings') : undefined;
  if (!Array.isArray(bindings)) return [];
  return bindings.filter(isObject).map((binding, index) => ({
    at: `bindings[${index}]`,
    role: text(binding, 'role') ?? '',
    members: textsOf(member(binding, 'members') ?? []),
    hasCondition: isObject(member(binding, 'condition')),
    isInherited: false,
  }));
}

/** Roles with iam.serviceAccounts.getAccessToken. */
const GRANTING: ReadonlySet<string> = new Set([
  'roles/iam.workloadIdentityUser',
  'roles/iam.serviceAccountTokenCreator',
]);

/** The permissions of a custom role are not known. */
function grantsToken(role: string): Truth {
  if (GRANTING.has(role)) return true;
  return /^(?:projects|organizations)\//.test(role) ? undefined : false;
}

/** The principal itself; undefined where the mapping gives no subject. */
export function principalOf(pool: string, mapped: Mapped): string | undefined {
  const subject = mappedText(mapped, 'google.subject');
  return subject === undefined ? undefined : `principal://iam.googleapis.com/${pool}/subject/${subject}`;
}

/** Every member of an allow policy that names this principal; compared exactly, without patterns. */
export function memberNames(pool: string, mapped: Mapped): readonly string[] {
  const { values } = mapped;
  const set = `principalSet://iam.googleapis.com/${pool}`;
  const principal = principalOf(pool, mapped);
  return [
    ...(principal === undefined ? [] : [principal]),
    `${set}/*`,
    ...textsOf(values.get('google.groups')).map((group) => `${set}/group/${group}`),
    ...[...values].flatMap(([target, value]) =>
      target.startsWith('attribute.') && typeof value === 'string' ? [`${set}/${target}/${value}`] : [],
    ),
  ];
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
  const names = new Set(memberNames(pool, mapped));
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
const POOL_MEMBER = new RegExp(
  String.raw`^(?:principal:${POOL}/subject/.+|principalSet:${POOL}/(?:\*|group/.+|attribute\.[a-z0-9_]+/.+))$`,
);

/** `principal://…/subject/…` or `principalSet://…` of a pool, as Google takes it. */
export const isPoolMember = (member: string): boolean => POOL_MEMBER.test(member);

/** Members of pools that Google refuses to keep; of other kinds of members nothing is said. */
export const malformedMembers = ({ members }: Binding): readonly string[] =>
  members.filter(
    (one) => /^principal(?:Set)?:/.test(one) && one.includes('/workloadIdentityPools/') && !isPoolMember(one),
  );

// What a service account inherits: the allow policies of its project and of the folders and the organization above,
// as `gcloud projects get-iam-policy` prints one, or `gcloud projects get-ancestors-iam-policy` all of them.

export interface Inherited {
  readonly bindings: readonly Binding[];
  /** Whether these are all: the policy of one resource does not include those above it. */
  readonly isComplete: boolean;
}

/** @param files each one policy, or a list of policies with the resources that they are of */
export function readInherited(files: readonly unknown[]): Inherited {
  return {
    bindings: files.flatMap((file, index) =>
      Array.isArray(file)
        ? file.filter(isObject).flatMap((one) => {
            const [type = 'ancestor', id = ''] = [text(one, 'type'), text(one, 'id')];
            return placed(`${type} ${id}`.trim(), member(one, 'policy'));
          })
        : placed(index === 0 ? 'project policy' : `project policy ${index + 1}`, file),
    ),
    isComplete: files.some((file) => Array.isArray(file)),
  };
}

const placed = (where: string, policy: unknown): readonly Binding[] =>
  readBindings(policy).map((binding) => ({ ...binding, at: `${where}: ${binding.at}`, isInherited: true }));
