/**
 * Who may call Google Cloud, and as which principal. The provider's condition admits only the chosen deployments. If ids
 * are given it compares ids, because a rename does not change them.
 */

import { SERVICE_ACCOUNT_EMAIL, type Grammar } from '@credex/core/internal';
import { UsageError } from '../../usage-error.js';
import type { Checks } from '../../setup/checks.js';
import { celString } from '../../setup/quote.js';
import { subjectsOf, type TrustRequest, type TrustedIssuer } from '../../setup/trust-request.js';

export interface GcpOptions {
  readonly googleProject?: string;
  readonly googleProjectNumber?: string;
  readonly pool?: string;
  readonly provider?: string;
  readonly serviceAccount?: string;
}

export interface GcpTarget {
  readonly project: string;
  readonly projectNumber: string;
  readonly poolId: string;
  readonly serviceAccount: string | undefined;
}

/** A provider of the pool. Those of two issuers differ only in the issuer and the id. */
export interface GcpProvider {
  readonly id: string;
  readonly issuer: TrustedIssuer;
  readonly audience: string;
  readonly mapping: Readonly<Record<string, string>>;
  readonly condition: string;
}

const PROJECT: Grammar = {
  pattern: /^(?:[a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
  says: "the id of Google's project: 6 to 30 lowercase letters, digits and hyphens",
};
const NUMBER: Grammar = { pattern: /^\d{1,20}$/, says: "the number of Google's project: digits" };
const ID: Grammar = {
  pattern: /^(?!gcp-|-)[a-z0-9-]{4,32}$/,
  says: '4 to 32 lowercase letters, digits and hyphens, not beginning with gcp- or a hyphen',
};
/** Bytes of `google.subject`. */
const LONGEST_SUBJECT = 127;

export function gcpTarget(options: GcpOptions, checks: Checks): GcpTarget {
  return {
    project: checks.required('--google-project', options.googleProject, PROJECT, 'project-0'),
    projectNumber: checks.required('--google-project-number', options.googleProjectNumber, NUMBER, '0'),
    poolId: checks.optional('--pool', options.pool, ID) ?? 'vercel',
    serviceAccount: checks.optional('--service-account', options.serviceAccount, SERVICE_ACCOUNT_EMAIL),
  };
}

/** The members of a binding: the attribute `deployment` if the ids are known, else the subject. */
export function membersOf(
  request: TrustRequest,
): readonly { readonly kind: 'principal' | 'principalSet'; readonly name: string }[] {
  const { ids } = request;
  return ids === undefined
    ? subjectsOf(request).map((subject) => ({ kind: 'principal', name: `subject/${subject}` }))
    : request.environments.map((environment) => ({
        kind: 'principalSet',
        name: `attribute.deployment/${ids.team}:${ids.project}:${environment}`,
      }));
}

export function providersOf(
  request: TrustRequest,
  options: GcpOptions,
  checks: Checks,
): readonly GcpProvider[] {
  const { issuers, audience } = request;
  checks.or(undefined, () => requireIds(request));
  const id = checks.optional('--provider', options.provider, ID) ?? 'vercel';
  const mapping = checks.or({}, () => mappingFor(request));
  return issuers.map((issuer, at) => ({
    id: at === 0 ? id : checks.required('--provider', `${id}-${issuer.mode}`, ID, id),
    issuer,
    audience,
    mapping,
    condition: conditionFor(request),
  }));
}

/** @throws UsageError if Google Cloud could not distinguish the teams */
function requireIds({ ids, issuers }: TrustRequest): void {
  if (ids !== undefined || issuers.every(({ mode }) => mode === 'team')) return;
  throw new UsageError(
    'missing_argument',
    'The global issuer needs --team-id and --project-id for Google Cloud.',
    {
      option: '--team-id',
      hint: 'All teams share that issuer, and another team can take a name that was given up. Google Cloud can compare the ids, which are claims of the token: see `credex whoami`.',
    },
  );
}

function mappingFor(request: TrustRequest): Readonly<Record<string, string>> {
  const isLong = subjectsOf(request).some((subject) => Buffer.byteLength(subject) > LONGEST_SUBJECT);
  if (request.ids === undefined) {
    if (!isLong) return { 'google.subject': 'assertion.sub' };
    throw new UsageError(
      'missing_argument',
      `The \`sub\` is longer than ${LONGEST_SUBJECT} bytes, the limit of google.subject.`,
      {
        option: '--project-id',
        hint: 'Pass --team-id and --project-id: the subject is then made from the ids.',
      },
    );
  }
  return {
    // A person looks for names in an audit log. They do not decide access.
    'google.subject': isLong ? "assertion.project_id + ':' + assertion.environment" : 'assertion.sub',
    'attribute.deployment': "assertion.owner_id + ':' + assertion.project_id + ':' + assertion.environment",
  };
}

function conditionFor(request: TrustRequest): string {
  const oneOf = (claim: string, values: readonly string[]): string =>
    `assertion.${claim} in [${values.map(celString).join(', ')}]`;
  const { ids } = request;
  if (ids === undefined) return oneOf('sub', subjectsOf(request));
  return [
    `assertion.owner_id == ${celString(ids.team)}`,
    `assertion.project_id == ${celString(ids.project)}`,
    oneOf('environment', request.environments),
  ].join(' && ');
}
