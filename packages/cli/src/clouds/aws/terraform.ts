import { block, hclFile, reference } from '../../setup/hcl.js';
import { subjectsOf, type TrustRequest } from '../../setup/trust-request.js';

/** Terraform's provider finds the account and the partition: applied to another account, the role trusts that account's provider. */
export function awsTerraform(request: TrustRequest, roleName: string): string {
  const condition = (variable: string, values: readonly string[]) =>
    block('condition', [], { test: 'StringEquals', variable, values });
  return hclFile([
    ...request.issuers.map(({ mode, url }) =>
      block('resource', ['aws_iam_openid_connect_provider', `vercel_${mode}`], {
        url,
        client_id_list: [request.audience],
      }),
    ),
    block(
      'data',
      ['aws_iam_policy_document', 'vercel_trust'],
      {},
      ...request.issuers.map(({ mode, host }) =>
        block(
          'statement',
          [],
          { effect: 'Allow', actions: ['sts:AssumeRoleWithWebIdentity'] },
          block('principals', [], {
            type: 'Federated',
            identifiers: [reference(`aws_iam_openid_connect_provider.vercel_${mode}.arn`)],
          }),
          condition(`${host}:aud`, [request.audience]),
          condition(`${host}:sub`, subjectsOf(request)),
        ),
      ),
    ),
    block('resource', ['aws_iam_role', 'vercel'], {
      name: roleName,
      assume_role_policy: reference('data.aws_iam_policy_document.vercel_trust.json'),
    }),
  ]);
}
