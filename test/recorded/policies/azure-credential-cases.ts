/** Federated credentials with a subject: what Graph refuses to keep, and what only the exchange refuses. */

import type { AzureCase } from './azure-cases.js';
import { GITHUB, ON_GITHUB } from './azure-expression-cases.js';
import { AUDIENCE, ISSUER, PREVIEW, PRODUCTION } from './policy-case.js';

const LEARN = 'https://learn.microsoft.com/entra';
const CONSIDERATIONS = `${LEARN}/workload-id/workload-identity-federation-considerations`;
const BREAKING = `${LEARN}/identity-platform/reference-breaking-changes`;
const GRAPH = 'https://learn.microsoft.com/graph/api/resources/federatedidentitycredential';
const LOGIN = 'https://github.com/Azure/login/issues';
const WORKLOAD = 'https://github.com/Azure/azure-workload-identity/issues';
const AZURE_DOCS = 'https://github.com/MicrosoftDocs/azure-docs/issues';
const AZURE_CLI = 'https://github.com/Azure/azure-cli/issues';
const MANAGED = 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials';
const EXCHANGE = 'api://AzureADTokenExchange';

const credential = (fields: object = {}): object => ({
  name: 'vercel-production',
  issuer: ISSUER,
  subject: PRODUCTION,
  audiences: [AUDIENCE],
  ...fields,
});
/** As `az identity federated-credential list` prints it. */
const managed = (fields: object = {}): object => ({
  ...credential(fields),
  id: '/subscriptions/0/resourcegroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop/federatedIdentityCredentials/vercel',
  resourceGroup: 'shop',
  type: MANAGED,
});
const many = (count: number, one: (fields: object) => object): readonly object[] =>
  Array.from({ length: count }, (_, index) =>
    one({ name: `vercel-${index}`, subject: index === count - 1 ? PRODUCTION : `${PREVIEW}-${index}` }),
  );
const of = (
  name: string,
  source: string,
  policy: unknown,
  verdict: AzureCase['verdict'],
  ...findings: AzureCase['findings']
): AzureCase => ({ name, source, policy, verdict, findings });

/** A token of GitHub Actions: the subject that the credential has, and the token's. */
const github = (
  name: string,
  source: string,
  { wanted, presented }: { readonly wanted: string; readonly presented: string },
  verdict: AzureCase['verdict'],
  ...findings: AzureCase['findings']
): AzureCase => ({
  name: `GitHub, ${name}`,
  source,
  token: { ...ON_GITHUB, claims: { ...ON_GITHUB.claims, sub: presented } },
  policy: [credential({ issuer: GITHUB, subject: wanted, audiences: [EXCHANGE] })],
  verdict,
  findings: ['not_a_vercel_token', ...findings],
});
const long = (start: string, length: number): string => start.padEnd(length, 'x');

export const AZURE_CREDENTIAL_CASES: readonly AzureCase[] = [
  // Exact, in every letter: refused by the exchange alone.
  of(
    'an issuer with one slash at its end',
    `${AZURE_DOCS}/97699`,
    [credential({ issuer: `${ISSUER}/` })],
    'refused',
    'trailing_slash',
  ),
  of(
    'an issuer after a space',
    CONSIDERATIONS,
    [credential({ issuer: ` ${ISSUER}` })],
    'refused',
    'surrounding_whitespace',
  ),
  of(
    'an audience in other letters',
    BREAKING,
    [credential({ audiences: ['https://vercel.com/Acme'] })],
    'refused',
    'case_differs',
  ),
  of(
    "a slash in the subject, as the portal's form for managed identities once wrote it",
    `${LOGIN}/261`,
    [managed({ subject: 'owner:acme:project:shop:environment/production' })],
    'refused',
    'missing_colon',
  ),
  of(
    'a subject that no issuer has: kept without a word',
    CONSIDERATIONS,
    [credential({ subject: 'shop' })],
    'refused',
    'subject_differs',
  ),
  of(
    'a wildcard in the audience',
    CONSIDERATIONS,
    [credential({ audiences: ['https://vercel.com/*'] })],
    'refused',
    'wildcard_not_supported',
  ),
  of(
    'a wildcard in the issuer',
    CONSIDERATIONS,
    [credential({ issuer: 'https://oidc.vercel.com/*' })],
    'refused',
    'wildcard_not_supported',
  ),

  // Lengths and numbers.
  of(
    'a subject of 600 characters',
    CONSIDERATIONS,
    [credential({ subject: long(PRODUCTION, 600) })],
    'refused',
    'environment_differs',
  ),
  of(
    'a subject of 601 characters',
    CONSIDERATIONS,
    [credential({ subject: long(PRODUCTION, 601) })],
    'invalid',
    'malformed_policy',
  ),
  of(
    'an issuer of 601 characters',
    CONSIDERATIONS,
    [credential({ issuer: long(`${ISSUER}/`, 601) })],
    'invalid',
    'malformed_policy',
  ),
  of(
    'an audience of 601 characters',
    GRAPH,
    [credential({ audiences: [long(AUDIENCE, 601)] })],
    'invalid',
    'malformed_policy',
  ),
  of('twenty credentials, of which the last fits', `${WORKLOAD}/575`, many(20, credential), 'allowed'),
  of(
    'twenty-one credentials of a managed identity',
    `${WORKLOAD}/1172`,
    many(21, managed),
    'invalid',
    'too_many_credentials',
  ),

  // What Graph refuses to keep.
  of('no audience', `${AZURE_CLI}/31598`, [credential({ audiences: [] })], 'invalid', 'malformed_policy'),
  of(
    'two audiences',
    CONSIDERATIONS,
    [credential({ audiences: [AUDIENCE, EXCHANGE] })],
    'invalid',
    'malformed_policy',
  ),
  of('no subject', `${AZURE_CLI}/32816`, [credential({ subject: null })], 'invalid', 'malformed_policy'),
  of('an empty issuer', CONSIDERATIONS, [credential({ issuer: '' })], 'invalid', 'malformed_policy'),
  of(
    'issuer and subject twice, under two names',
    `${WORKLOAD}/434`,
    [credential(), credential({ name: 'again' })],
    'invalid',
    'malformed_policy',
  ),
  of(
    'one name twice',
    GRAPH,
    [credential(), credential({ subject: PREVIEW })],
    'invalid',
    'malformed_policy',
  ),
  {
    ...of(
      'a name with spaces, of 2022',
      `${AZURE_DOCS}/101458`,
      [credential({ name: 'Vercel production' })],
      'allowed',
    ),
    isOlder: true,
    isRefusedToday: true,
  },
  {
    ...of(
      'a name with a dot',
      'https://github.com/Azure/azure-dev/issues/5948',
      [credential({ name: 'shop.production' })],
      'allowed',
    ),
    isOlder: true,
    isRefusedToday: true,
    // The thread shows that a new one is refused; that an older one was ever kept is not shown.
    isUnverified: true,
  },

  // User-assigned managed identities: the same, in other words.
  of(
    'a managed identity',
    `${LEARN}/workload-id/workload-identity-federation-create-trust-user-assigned-managed-identity`,
    [managed()],
    'allowed',
  ),
  of(
    'a managed identity with the default audience of az',
    `${AZURE_CLI}/31598`,
    [managed({ audiences: [EXCHANGE] })],
    'refused',
    'default_audience',
  ),
  of(
    'a managed identity, issuer and subject twice',
    'https://github.com/Azure/bicep-types-az/issues/2054',
    [managed(), managed({ name: 'again' })],
    'invalid',
    'malformed_policy',
  ),
  of(
    'a managed identity without an issuer',
    'https://github.com/zioproto/istio-aks-example/issues/6',
    [managed({ issuer: '' })],
    'invalid',
    'malformed_policy',
  ),
  of(
    'a managed identity that trusts another environment',
    `${LOGIN}/379`,
    [managed({ subject: PREVIEW })],
    'refused',
    'environment_differs',
  ),

  // Tokens of GitHub Actions, which credex exchanges as well.
  github(
    'an environment',
    'https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-azure',
    { wanted: 'repo:acme/shop:environment:production', presented: 'repo:acme/shop:environment:production' },
    'allowed',
  ),
  github(
    'a credential for an environment, a run of a branch',
    `${LOGIN}/379`,
    { wanted: 'repo:acme/shop:environment:test-slot', presented: 'repo:acme/shop:ref:refs/heads/master' },
    'refused',
    'subject_differs',
  ),
  github(
    'an organisation in other letters',
    `${LOGIN}/573`,
    { wanted: 'repo:Acme/shop:ref:refs/heads/main', presented: 'repo:acme/shop:ref:refs/heads/main' },
    'refused',
    'case_differs',
  ),
  github(
    "the portal's subject with ids, a token without",
    `${LOGIN}/617`,
    {
      wanted: 'repo:acme@123456/shop@456789:environment:production',
      presented: 'repo:acme/shop:environment:production',
    },
    'refused',
    'subject_differs',
  ),
  github(
    'a wildcard in the subject',
    'https://github.com/tig/winprint/pull/125',
    { wanted: 'repo:acme/shop:ref:refs/tags/*', presented: 'repo:acme/shop:ref:refs/tags/v2.0.6' },
    'refused',
    'wildcard_not_supported',
  ),
];
