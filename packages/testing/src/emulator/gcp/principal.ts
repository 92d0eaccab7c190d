/** Who a request is from, and which member strings of an allow policy name it. */

/** Someone from outside, known to Google only by what a pool provider's mapping said. */
export interface FederatedPrincipal {
  readonly kind: 'federated';
  /** `projects/{number}/locations/global/workloadIdentityPools/{pool}` */
  readonly pool: string;
  readonly subject: string;
  /** By the name in the mapping, without `attribute.`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
}

export interface ServiceAccountPrincipal {
  readonly kind: 'service-account';
  readonly email: string;
}

export type Principal = FederatedPrincipal | ServiceAccountPrincipal;

export interface Binding {
  readonly role: string;
  /** `serviceAccount:…`, `principal://…` or `principalSet://…`, as in an allow policy. */
  readonly members: readonly string[];
}

const IAM = '//iam.googleapis.com/';

/** The principal as the audit log writes it. */
export function principalName(principal: Principal): string {
  return principal.kind === 'service-account'
    ? `serviceAccount:${principal.email}`
    : `principal:${IAM}${principal.pool}/subject/${principal.subject}`;
}

/** Compared as they are written: no pattern, no case folding, and no project id for a project number. */
export function isMember(principal: Principal, member: string): boolean {
  if (principal.kind === 'service-account') return member === principalName(principal);
  const set = `principalSet:${IAM}${principal.pool}/`;
  return (
    member === principalName(principal) ||
    member === `${set}*` ||
    principal.groups.some((group) => member === `${set}group/${group}`) ||
    Object.entries(principal.attributes).some(
      ([name, value]) => member === `${set}attribute.${name}/${value}`,
    )
  );
}

const POOL = String.raw`//iam\.googleapis\.com/projects/[^/]+/locations/global/workloadIdentityPools/[^/]+`;
const KNOWN_MEMBER = new RegExp(
  String.raw`^(?:serviceAccount:[^@\s]+@[^@\s]+|principal:${POOL}/subject/.+|principalSet:${POOL}/(?:\*|group/.+|attribute\.[a-z0-9_]+/.+))$`,
);

/** Google refuses an allow policy with a member it can't read. */
export function assertBindings(
  label: string,
  bindings: readonly Binding[],
  roles: ReadonlySet<string>,
): void {
  for (const { role, members } of bindings) {
    if (!roles.has(role))
      throw new TypeError(`${label}: the emulator has no role ${role}; it has ${[...roles].join(', ')}`);
    for (const member of members)
      if (!KNOWN_MEMBER.test(member))
        throw new TypeError(
          `${label}: ${member} is no member of ${role}; write serviceAccount:…, principal://… or principalSet://…`,
        );
  }
}
