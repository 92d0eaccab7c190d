/** Google Cloud: a workload identity pool with a provider for each issuer, and who may act as a service account. */

import type { Checks } from './checks.js';
import { gcpTerraform } from './gcp-terraform.js';
import type { GcpOptions, GcpProvider, GcpTarget } from './gcp-trust.js';
import { gcpTarget, membersOf, providersOf } from './gcp-trust.js';
import { commonNotes, namesOnlyNotes } from './notes.js';
import type { Plan } from './plan.js';
import { shellCommand } from './shell.js';
import type { TrustRequest } from './trust-request.js';

export function gcpPlan(request: TrustRequest, options: GcpOptions, checks: Checks): Plan {
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
        ? [
            `No service account was named: grant the roles that the project needs to ${members.join(' and ')}.`,
          ]
        : [`The service account ${target.serviceAccount} must exist; it may do what its own roles allow.`]),
      'Where the pool stands already, leave its creation out. Every provider of a pool can speak for every principal of it: keep this one for Vercel alone.',
      ...(request.ids === undefined
        ? [
            ...namesOnlyNotes('This trust', request),
            'Pass --team-id and --project-id (see `credex whoami`) and the ids are compared instead.',
          ]
        : [
            `Ids are compared: a rename of the project changes nothing. A rename of the team changes the audience${request.issuers.some(({ mode }) => mode === 'team') ? ' and the issuer' : ''}, which the provider must then be told.`,
          ]),
      ...commonNotes(request),
    ],
  };
}

/** The audience that Google Cloud asks for by default holds the provider's own name. */
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
    ? [
        `The token must be asked for this audience: pass \`audience: '${audience}'\` to the provider of credex.`,
      ]
    : [`--audience names another provider than the one made here, which is ${own.join(' or ')}.`];
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
