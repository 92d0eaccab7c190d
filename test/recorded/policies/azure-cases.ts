/** Federated credentials of applications and managed identities. */

import type { PolicyCase } from './policy-case.js';
import { AUDIENCE, GLOBAL_ISSUER, ISSUER, PREVIEW, PRODUCTION, VERCEL_AZURE } from './policy-case.js';

const LOGIN = 'https://github.com/Azure/login/issues';
const WORKLOAD = 'https://github.com/Azure/azure-workload-identity/issues';
const GRAPH = 'https://learn.microsoft.com/graph/api/resources/federatedidentitycredential';
const CONSIDERATIONS =
  'https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations';

export interface AzureCase extends PolicyCase {
  /** The credentials are older than today's rules for names and for GitHub's expressions. */
  readonly isOlder?: boolean;
  /** Graph makes no new credential like this, and keeps an older one. */
  readonly isRefusedToday?: boolean;
}

interface Fields {
  readonly name?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly audiences?: readonly string[];
}

const credential = (fields: Fields = {}): object => ({
  '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#applications',
  description: '',
  id: '2e4b1f0e-7d3c-4c0a-9a62-0d8f0b7f1c11',
  name: 'vercel-production',
  issuer: ISSUER,
  subject: PRODUCTION,
  audiences: [AUDIENCE],
  ...fields,
});
const refused = (
  name: string,
  source: string,
  fields: Fields,
  ...findings: AzureCase['findings']
): AzureCase => ({
  name,
  source,
  policy: [credential(fields)],
  verdict: 'refused',
  findings,
});

export const AZURE_CASES: readonly AzureCase[] = [
  {
    name: "Vercel's guide, with the colon",
    source: VERCEL_AZURE,
    policy: [credential()],
    verdict: 'allowed',
    findings: [],
  },
  refused(
    "Vercel's guide to the letter: no colon after project",
    VERCEL_AZURE,
    { subject: 'owner:acme:projectshop:environment:production' },
    'missing_colon',
  ),
  refused(
    'an environment in another case',
    `${LOGIN}/515`,
    { subject: PRODUCTION.replace('production', 'Production') },
    'case_differs',
  ),
  refused(
    'an issuer with slashes at its end',
    `${WORKLOAD}/340`,
    { issuer: `${ISSUER}//` },
    'trailing_slash',
  ),
  refused(
    'an issuer in another case',
    `${LOGIN}/517`,
    { issuer: 'https://oidc.vercel.com/Acme' },
    'case_differs',
  ),
  refused('an issuer without TLS', GRAPH, { issuer: 'http://oidc.vercel.com/acme' }, 'scheme_differs'),
  refused('the global issuer', VERCEL_AZURE, { issuer: GLOBAL_ISSUER }, 'issuer_mode'),
  refused("another team's issuer", VERCEL_AZURE, { issuer: 'https://oidc.vercel.com/beta' }, 'team_differs'),
  refused('the audience as the issuer', VERCEL_AZURE, { issuer: AUDIENCE }, 'audience_as_issuer'),
  refused(
    'the discovery document as the issuer',
    `${WORKLOAD}/1200`,
    { issuer: `${ISSUER}/.well-known/openid-configuration` },
    'discovery_url_as_issuer',
  ),
  refused(
    "the portal's default audience",
    `${LOGIN}/482`,
    { audiences: ['api://AzureADTokenExchange'] },
    'default_audience',
  ),
  refused('the issuer as the audience', VERCEL_AZURE, { audiences: [ISSUER] }, 'issuer_as_audience'),
  refused(
    'an audience with a slash at its end',
    VERCEL_AZURE,
    { audiences: [`${AUDIENCE}/`] },
    'trailing_slash',
  ),
  refused(
    'a wildcard in the subject',
    CONSIDERATIONS,
    { subject: 'owner:acme:project:shop:environment:*' },
    'wildcard_not_supported',
  ),
  refused('another environment', `${LOGIN}/379`, { subject: PREVIEW }, 'environment_differs'),
  refused(
    'another project and environment',
    VERCEL_AZURE,
    { subject: 'owner:acme:project:web:environment:preview' },
    'project_differs',
    'environment_differs',
  ),
  refused(
    'ids in the subject',
    VERCEL_AZURE,
    { subject: 'owner:team_acme:project:prj_shop:environment:production' },
    'id_instead_of_name',
  ),
  refused(
    "the guide's placeholder",
    VERCEL_AZURE,
    { subject: 'owner:[TEAM_SLUG]:project:shop:environment:production' },
    'placeholder_left',
  ),
  refused(
    'a space pasted with the subject',
    `${WORKLOAD}/977`,
    { subject: `${PRODUCTION} ` },
    'surrounding_whitespace',
  ),
  refused(
    "the portal's form for GitHub",
    `${LOGIN}/482`,
    { subject: 'repo:acme/shop:environment:production' },
    'subject_of_another_issuer',
  ),
  {
    name: 'a credential for each environment',
    source: VERCEL_AZURE,
    token: { environment: 'preview' },
    policy: [credential(), credential({ name: 'vercel-preview', subject: PREVIEW })],
    verdict: 'allowed',
    findings: [],
  },
  {
    name: 'subject and audience in two credentials',
    source: CONSIDERATIONS,
    policy: [
      credential({ name: 'production', audiences: ['api://AzureADTokenExchange'] }),
      credential({ name: 'preview', subject: PREVIEW }),
    ],
    verdict: 'refused',
    findings: ['default_audience', 'issuer_and_subject_apart'],
  },
  {
    name: 'the global issuer, a global token',
    source: VERCEL_AZURE,
    token: { issuerMode: 'global' },
    policy: { value: [credential({ issuer: GLOBAL_ISSUER })] },
    verdict: 'allowed',
    findings: [],
  },
  {
    name: 'a token of a custom audience',
    source: 'https://vercel.com/changelog/custom-oidc-token-audiences',
    token: { audience: 'api://AzureADTokenExchange' },
    policy: credential({ audiences: ['api://AzureADTokenExchange'] }),
    verdict: 'allowed',
    findings: [],
  },
  {
    name: 'a token of two audiences',
    source: 'https://github.com/zitadel/oidc/issues/887',
    token: { audience: [AUDIENCE, 'https://api.acme.example'] },
    policy: [credential()],
    verdict: 'refused',
    findings: ['several_audiences'],
  },
  {
    name: 'no credential at all',
    source: 'https://login.microsoftonline.com/error?code=70025',
    policy: [],
    verdict: 'refused',
    findings: ['no_credentials'],
  },
  {
    name: 'one credential more than twenty',
    source: CONSIDERATIONS,
    policy: Array.from({ length: 21 }, (_, index) =>
      credential({
        name: `project-${index}`,
        subject: `owner:acme:project:shop-${index}:environment:production`,
      }),
    ),
    verdict: 'invalid',
    findings: ['too_many_credentials'],
  },
  {
    name: 'the same issuer and subject twice',
    source: GRAPH,
    policy: [credential(), credential({ name: 'again', audiences: ['api://AzureADTokenExchange'] })],
    verdict: 'invalid',
    findings: ['malformed_policy'],
  },
];
