import { membersOf, type GcpProvider, type GcpTarget } from './trust.js';
import { block, hclFile, reference, template } from '../../setup/hcl.js';
import type { TrustRequest } from '../../setup/trust-request.js';

const POOL = 'google_iam_workload_identity_pool.vercel';

export function gcpTerraform(
  request: TrustRequest,
  { project, poolId, serviceAccount }: GcpTarget,
  providers: readonly GcpProvider[],
): string {
  return hclFile([
    block('resource', ['google_iam_workload_identity_pool', 'vercel'], {
      project,
      workload_identity_pool_id: poolId,
    }),
    ...providers.map(({ id, issuer, audience, mapping, condition }) =>
      block(
        'resource',
        ['google_iam_workload_identity_pool_provider', `vercel_${issuer.mode}`],
        {
          project,
          workload_identity_pool_id: reference(`${POOL}.workload_identity_pool_id`),
          workload_identity_pool_provider_id: id,
          attribute_condition: condition,
          attribute_mapping: mapping,
        },
        block('oidc', [], { issuer_uri: issuer.url, allowed_audiences: [audience] }),
      ),
    ),
    ...(serviceAccount === undefined ? [] : membersOf(request)).map(({ kind, name }, at) =>
      block('resource', ['google_service_account_iam_member', `vercel_${at + 1}`], {
        service_account_id: `projects/${project}/serviceAccounts/${serviceAccount ?? ''}`,
        role: 'roles/iam.workloadIdentityUser',
        member: template(`${kind}://iam.googleapis.com/`, reference(`${POOL}.name`), `/${name}`),
      }),
    ),
  ]);
}
