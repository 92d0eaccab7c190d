/** `credex setup gcp`: a workload identity pool with a provider for each issuer, and who may impersonate a service account. */

import type { Grammar } from '@credex/core/internal';
import type { Checks } from '../../setup/checks.js';
import { commonNotes, namesOnlyNotes } from '../../setup/notes.js';
import type { Plan } from '../../setup/plan.js';
import { shellCommand } from '../../setup/quote.js';
import type { TrustRequest } from '../../setup/trust-request.js';
import { AUDIENCE } from '../../setup/trust-request.js';
import type { CloudInit, CloudSetup } from '../cloud.js';
import { gcpTerraform } from './terraform.js';
import type { GcpOptions, GcpProvider, GcpTarget } from './trust.js';
import { gcpTarget, membersOf, providersOf } from './trust.js';

/** The audience that Google Cloud requires by default, if a provider has no list of audiences. */
const DEFAULT_AUDIENCE = String.raw`//iam\.googleapis\.com/projects/\d{1,20}/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}`;
const AUDIENCE_OF_GOOGLE: Grammar = {
  pattern: new RegExp(`^${DEFAULT_AUDIENCE}$|${AUDIENCE.pattern.source}`),
  says: `${AUDIENCE.says}, or //iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{pool}/providers/{provider}`,
};

export const setup: CloudSetup<GcpOptions> = {
  grants: 'a workload identity pool that lets',
  options: [
    ['--google-project <id>', "the id of Google's project"],
    ['--google-project-number <digits>', "the number of Google's project"],
    ['--pool <id>', 'the workload identity pool; default: vercel'],
    ['--provider <id>', "the pool's provider; default: vercel"],
    ['--service-account <email>', 'the service account to impersonate; default: none'],
  ],
  audience: AUDIENCE_OF_GOOGLE,
  plan,
};

function plan(request: TrustRequest, options: GcpOptions, checks: Checks): Plan {
  const target = gcpTarget(options, checks);
  const providers = providersOf(request, options, checks);
  const members = membersOf(request).map(
    ({ kind, name }) =>
      `${kind}://iam.googleapis.com/projects/${target.projectNumber}/locations/global/workloadIdentityPools/${target.poolId}/${name}`,
  );
  return {
    files: [{ name: 'vercel.tf', format: 'terraform', text: gcpTerraform(request, target, providers) }],
    commands: commandsFor(target, providers, members),
    notes: [
      ...audienceNotes(request.audience, target, providers),
      ...(target.serviceAccount === undefined
        ? [`No service account is set: grant the roles that the project needs to ${members.join(' and ')}.`]
        : [
            `The service account ${target.serviceAccount} must exist. Its own roles decide what the project may do.`,
          ]),
      'If the pool exists already, do not create it. Every provider of a pool can assert every principal of the pool: use this pool for Vercel only.',
      ...(request.ids === undefined
        ? [
            ...namesOnlyNotes('This trust', request),
            'Pass --team-id and --project-id (see `credex whoami`) to compare the ids instead.',
          ]
        : [
            `The ids are compared, so a rename of the project changes nothing. A rename of the team changes the audience${request.issuers.some(({ mode }) => mode === 'team') ? ' and the issuer' : ''}: update the provider then.`,
          ]),
      ...commonNotes(request),
    ],
  };
}

/** The audience that Google Cloud requires by default contains the name of the provider. */
function audienceNotes(
  audience: string,
  { projectNumber, poolId }: GcpTarget,
  providers: readonly GcpProvider[],
): readonly string[] {
  const asked = /^(?:https:)?(\/\/iam\.googleapis\.com\/.+)$/.exec(audience)?.[1];
  if (asked === undefined) return [];
  const own = providers.map(
    ({ id }) =>
      `//iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${poolId}/providers/${id}`,
  );
  return own.includes(asked)
    ? [`Tokens need this audience: pass \`audience: '${audience}'\` to credex's provider.`]
    : [`--audience names another provider than the one created here, ${own.join(' or ')}.`];
}

function commandsFor(
  { project, poolId, serviceAccount }: GcpTarget,
  providers: readonly GcpProvider[],
  members: readonly string[],
): readonly string[] {
  const place = { project, location: 'global' };
  const pools = ['gcloud', 'iam', 'workload-identity-pools'];
  return [
    shellCommand([...pools, 'create', poolId], place),
    ...providers.map(({ id, issuer, audience, mapping, condition }) =>
      shellCommand([...pools, 'providers', 'create-oidc', id], {
        ...place,
        'workload-identity-pool': poolId,
        'issuer-uri': issuer.url,
        'allowed-audiences': audience,
        'attribute-mapping': Object.entries(mapping)
          .map(([name, expression]) => `${name}=${expression}`)
          .join(','),
        'attribute-condition': condition,
      }),
    ),
    ...(serviceAccount === undefined ? [] : members).map((member) =>
      shellCommand(
        ['gcloud', 'iam', 'service-accounts', 'add-iam-policy-binding', serviceAccount as string],
        {
          project,
          role: 'roles/iam.workloadIdentityUser',
          member,
        },
      ),
    ),
  ];
}

/** `credex init gcp`: the pool's provider, and the service account if there is one. */
export const init: CloudInit<GcpOptions> = {
  options: [],
  packages: ['@credex/gcp'],
  entry(request, options, checks) {
    const { project, projectNumber, poolId, serviceAccount } = gcpTarget(options, checks);
    const [provider] = providersOf(request, options, checks);
    return {
      projectNumber,
      workloadIdentityPoolId: poolId,
      workloadIdentityPoolProviderId: provider?.id ?? 'vercel',
      ...(serviceAccount === undefined ? {} : { serviceAccountEmail: serviceAccount }),
      projectId: project,
    };
  },
};
