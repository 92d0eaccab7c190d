/**
 * Whom Google Cloud lets in, and as whom. The provider's condition admits the chosen deployments alone; where the ids are
 * given it compares ids, which a rename leaves alone.
 */

import type { Grammar } from '@credex/core/internal';
import { SERVICE_ACCOUNT_EMAIL, optionalString, requiredString } from '@credex/core/internal';
import { UsageError } from '../usage-error.js';
import type { Checks } from './checks.js';
import { celString } from './quote.js';
import type { TrustRequest, TrustedIssuer } from './trust-request.js';
import { subjectsOf } from './trust-request.js';

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

/** What a provider of the pool is told; the same for every issuer but for the issuer. */
export interface GcpProvider {
  readonly id: string;
  readonly issuer: TrustedIssuer;
  readonly audience: string;
  readonly mapping: Readonly<Record<string, string>>;
  readonly condition: string;
}

const PROJECT: Grammar = {
  pattern: /^(?:[a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
  says: "Google's project id: 6 to 30 small letters, digits and hyphens",
};
const NUMBER: Grammar = { pattern: /^\d{1,20}$/, says: "Google's project number: digits" };
const ID: Grammar = {
  pattern: /^(?!gcp-|-)[a-z0-9-]{4,32}$/,
  says: '4 to 32 small letters, digits and hyphens, not beginning with gcp- or a hyphen',
};
/** Bytes of `google.subject`. */
const LONGEST_SUBJECT = 127;

export function gcpTarget(options: GcpOptions, checks: Checks): GcpTarget {
  return {
    project: checks.or('project-0', () =>
      requiredString({ option: '--google-project' }, options.googleProject, PROJECT),
    ),
    projectNumber: checks.or('0', () =>
      requiredString({ option: '--google-project-number' }, options.googleProjectNumber, NUMBER),
    ),
    poolId: checks.or(undefined, () => optionalString({ option: '--pool' }, options.pool, ID)) ?? 'vercel',
    serviceAccount: checks.or(undefined, () =>
      optionalString({ option: '--service-account' }, options.serviceAccount, SERVICE_ACCOUNT_EMAIL),
    ),
  };
}

/** Whom a binding names: what `attribute.deployment` says where the ids are known, else the subject. */
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
  const id =
    checks.or(undefined, () => optionalString({ option: '--provider' }, options.provider, ID)) ?? 'vercel';
  const mapping = checks.or({}, () => mappingFor(request));
  return issuers.map((issuer, at) => ({
    id:
      at === 0
        ? id
        : checks.or(id, () => requiredString({ option: '--provider' }, `${id}-${issuer.mode}`, ID)),
    issuer,
    audience,
    mapping,
    condition: conditionFor(request),
  }));
}

/** @throws UsageError where Google Cloud could not tell the teams apart */
function requireIds({ ids, issuers }: TrustRequest): void {
  if (ids !== undefined || issuers.every(({ mode }) => mode === 'team')) return;
  throw new UsageError('missing_argument', 'The global issuer needs --team-id and --project-id here.', {
    option: '--team-id',
    hint: 'All teams share that issuer, and names can be taken again: Google Cloud can compare the ids, so it must. They are claims of the token: see `credex whoami`.',
  });
}

function mappingFor(request: TrustRequest): Readonly<Record<string, string>> {
  const isLong = subjectsOf(request).some((subject) => Buffer.byteLength(subject) > LONGEST_SUBJECT);
  if (request.ids === undefined) {
    if (!isLong) return { 'google.subject': 'assertion.sub' };
    throw new UsageError(
      'missing_argument',
      `The \`sub\` is longer than the ${LONGEST_SUBJECT} bytes that google.subject may have.`,
      {
        option: '--project-id',
        hint: 'Pass --team-id and --project-id: the subject is then made of ids.',
      },
    );
  }
  return {
    // The names are what a person looks for in an audit log; they decide nothing.
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
