/** The identity in Entra that trusts the tokens, and its federated credentials. */

import type { Grammar } from '@credex/core/internal';
import { UsageError } from '../../usage-error.js';
import type { Checks } from '../../setup/checks.js';
import { subjectsOf, type TrustRequest } from '../../setup/trust-request.js';

export interface AzureOptions {
  readonly identity?: string;
  readonly clientId?: string;
  readonly displayName?: string;
  readonly identityName?: string;
  readonly resourceGroup?: string;
  readonly location?: string;
}

/** `clientId`: an existing application. Without it, one is created. */
export interface Application {
  readonly kind: 'application';
  readonly clientId: string | undefined;
  readonly displayName: string;
}

export interface ManagedIdentity {
  readonly kind: 'managed';
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
}

export type FederatedCredential = Readonly<Record<'name' | 'issuer' | 'subject' | 'audience', string>>;

export const GUID: Grammar = {
  pattern: /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
  says: 'the application (client) id, a GUID',
};
const NAME: Grammar = {
  pattern: /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,118}[A-Za-z0-9])?$/,
  says: 'a name of letters, digits, spaces and `._-`, at most 120',
};
const IDENTITY: Grammar = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/,
  says: 'the name of a managed identity: 3 to 128 letters, digits, `_` and `-`',
};
const GROUP: Grammar = {
  pattern: /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,88}[A-Za-z0-9_-])?$/,
  says: 'the name of a resource group: letters, digits and `._-`, at most 90',
};
const LOCATION: Grammar = { pattern: /^[a-z0-9]{2,40}$/, says: 'a location such as westeurope' };
const MOST_CREDENTIALS = 20;

export function azureTarget(
  request: TrustRequest,
  options: AzureOptions,
  checks: Checks,
): Application | ManagedIdentity {
  const fallback = `vercel-${request.project.replaceAll('.', '-')}`;
  const kind = checks.or('application', () => kindOf(options));
  const refuse = (names: readonly (keyof AzureOptions)[]): void => {
    for (const name of names) checks.or(undefined, () => refuseOption(options, name, kind));
  };
  if (kind === 'application') {
    refuse(['identityName', 'resourceGroup', 'location']);
    return {
      kind,
      clientId: checks.optional('--client-id', options.clientId, GUID),
      displayName: checks.optional('--display-name', options.displayName, NAME) ?? fallback,
    };
  }
  refuse(['clientId', 'displayName']);
  return {
    kind,
    name: checks.optional('--identity-name', options.identityName, IDENTITY) ?? fallback,
    resourceGroup: checks.required('--resource-group', options.resourceGroup, GROUP, 'group'),
    location: checks.required('--location', options.location, LOCATION, 'westeurope'),
  };
}

function kindOf({ identity = 'application' }: AzureOptions): 'application' | 'managed' {
  if (identity === 'application' || identity === 'managed') return identity;
  throw new UsageError('invalid_argument', '--identity must be application or managed.', {
    option: '--identity',
  });
}

/** One for each issuer and environment: Entra compares issuer, subject and audience exactly. */
export function federatedCredentials(request: TrustRequest, checks: Checks): readonly FederatedCredential[] {
  const credentials = request.issuers.flatMap(({ mode, url }) =>
    subjectsOf(request).map((subject, at) => ({
      name: `vercel-${request.project.replaceAll('.', '-').slice(0, 70)}-${request.environments[at] ?? ''}-${mode}`,
      issuer: url,
      subject,
      audience: request.audience,
    })),
  );
  checks.or(undefined, () => limit(credentials.length));
  return credentials;
}

function limit(count: number): void {
  if (count <= MOST_CREDENTIALS) return;
  throw new UsageError(
    'invalid_argument',
    `${count} federated credentials are needed, and an identity can have at most ${MOST_CREDENTIALS}.`,
    { option: '--environment', hint: 'Pass fewer environments for each identity, or one issuer mode.' },
  );
}

function refuseOption(options: AzureOptions, name: keyof AzureOptions, kind: string): void {
  if (options[name] === undefined) return;
  const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new UsageError('conflicting_arguments', `${option} does not apply to --identity ${kind}.`, {
    option,
  });
}
