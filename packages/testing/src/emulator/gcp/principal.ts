/** Who a request is from, and which member strings of an allow policy name it. */
import { isPoolMember } from '@credex/explain/internal';

/** Someone from outside, known to Google only by what a pool provider's mapping said. */
export interface FederatedPrincipal {
  readonly kind: 'federated';
  /** `projects/{number}/locations/global/workloadIdentityPools/{pool}` */
  readonly pool: string;
  readonly subject: string;
  /** Every member of an allow policy that names it. */
  readonly members: readonly string[];
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

/** The principal as the audit log writes it. */
export function principalName(principal: Principal): string {
  return principal.kind === 'service-account'
    ? `serviceAccount:${principal.email}`
    : `principal://iam.googleapis.com/${principal.pool}/subject/${principal.subject}`;
}

/** Compared exactly: without patterns, case folding, or a project id for a project number. */
export const isMember = (principal: Principal, member: string): boolean =>
  principal.kind === 'service-account'
    ? member === principalName(principal)
    : principal.members.includes(member);

/** Google refuses an allow policy with a member it cannot read. */
export function assertBindings(
  label: string,
  bindings: readonly Binding[],
  roles: ReadonlySet<string>,
): void {
  for (const { role, members } of bindings) {
    if (!roles.has(role))
      throw new TypeError(`${label}: the emulator has no role ${role}; it has ${[...roles].join(', ')}`);
    for (const member of members)
      if (!/^serviceAccount:[^@\s]+@[^@\s]+$/.test(member) && !isPoolMember(member))
        throw new TypeError(
          `${label}: ${member} is no member of ${role}; write serviceAccount:…, principal://… or principalSet://…`,
        );
  }
}
