/** Why the principal of a statement is not the identity provider of the token. */

import type { TokenClaims } from '../claims.js';
import { differences } from '../differences.js';
import { finding, type Finding } from '../findings.js';
import { issuerHost, providerArn } from './request-keys.js';
import type { Statement } from './policy-document.js';

export function* diagnosePrincipal(
  { at, principals }: Statement,
  claims: TokenClaims,
  roleArn: string | undefined,
): Generator<Finding> {
  for (const { type, value } of principals)
    if (type === 'Federated') yield* diagnoseProvider(value, `${at}.Principal.Federated`, claims, roleArn);
    else
      yield finding(
        'principal_not_federated',
        `${at}.Principal.${type}`,
        type === 'AWS' && value === '*'
          ? '{"AWS": "*"} matches every principal of AWS; a federated token is not one of them.'
          : `${JSON.stringify(value)} is not an identity provider; a federated token matches no principal of the type ${type}.`,
      );
}

function* diagnoseProvider(
  value: string,
  at: string,
  claims: TokenClaims,
  roleArn: string | undefined,
): Generator<Finding> {
  const shown = JSON.stringify(value);
  const [, partition = '', account = '', kind = '', host = ''] =
    /^arn:([\w-]+):iam::(\d{12}):(oidc|saml)-provider\/(.+)$/.exec(value) ?? [];
  if (partition === '')
    return yield finding('provider_not_arn', at, `${shown} is not the ARN of an identity provider.`);
  if (/^https?:\/\//i.test(host))
    return yield finding('provider_arn_has_scheme', at, `There is a scheme inside the ARN ${shown}.`);
  if (kind === 'saml' || host !== issuerHost(claims)) yield ofHost(kind, host, at, claims, shown);
  const [, wantedPartition, , , wantedAccount] = (providerArn(claims, roleArn) ?? '').split(':');
  if (wantedPartition !== undefined && partition !== wantedPartition)
    yield finding(
      'provider_partition_mismatch',
      at,
      `The provider is of the partition ${partition}, the role of ${wantedPartition}.`,
    );
  if (wantedAccount !== undefined && account !== wantedAccount)
    yield finding(
      'provider_account_mismatch',
      at,
      `The provider is of the account ${account}, the role of ${wantedAccount}.`,
    );
}

const TELLING = new Set([
  'case_differs',
  'trailing_slash',
  'issuer_mode',
  'team_differs',
  'placeholder_left',
  'audience_as_issuer',
]);

function ofHost(kind: string, host: string, at: string, claims: TokenClaims, shown: string): Finding {
  const [difference] =
    kind === 'oidc' ? differences('issuer', `https://${host}`, claims.iss ?? '', claims) : [];
  if (difference !== undefined && TELLING.has(difference.code))
    return finding(difference.code, at, difference.message);
  return finding(
    'provider_arn_mismatch',
    at,
    `${shown} is not the provider of the token's issuer ${JSON.stringify(claims.iss ?? '')}.`,
  );
}
