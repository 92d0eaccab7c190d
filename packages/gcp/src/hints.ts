/** Hints: the likely cause and the fix. They contain only options, claims of the token, and single checked values of a response. */

import type { PresentedToken } from '@credex/core';
import type { HintFacts, HintTable } from '@credex/core/classify';
import { otherEnvironment } from '@credex/core/classify';
import { federatedPrincipal, providerAudience } from './names.js';
import type { GcpConfiguration } from './types.js';

type Facts = HintFacts<GcpConfiguration>;

export type HintName =
  | 'audience'
  | 'issuer'
  | 'issuerUnreachable'
  | 'expired'
  | 'endsSoon'
  | 'notYetValid'
  | 'signature'
  | 'mapping'
  | 'condition'
  | 'target'
  | 'scope'
  | 'impersonation'
  | 'idToken'
  | 'delegation'
  | 'targetAudience'
  | 'serviceAccount'
  | 'lifetime'
  | 'federatedToken'
  | 'perimeter'
  | 'endpoint'
  | Reason;

/** Values of google.api.ErrorReason that stand for other causes than a missing role or binding. */
type Reason =
  | 'SERVICE_DISABLED'
  | 'BILLING_DISABLED'
  | 'USER_PROJECT_DENIED'
  | 'CONSUMER_SUSPENDED'
  | 'CONSUMER_INVALID'
  | 'RESOURCE_PROJECT_INVALID'
  | 'GCP_SUSPENDED'
  | 'ACCOUNT_STATE_INVALID'
  | 'USER_BLOCKED_BY_ADMIN'
  | 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'
  | 'ACCESS_TOKEN_TYPE_UNSUPPORTED'
  | 'ORG_RESTRICTION_VIOLATION'
  | 'LOCATION_ORG_POLICY_VIOLATED'
  | 'LOCATION_POLICY_VIOLATED'
  | 'RESOURCE_USAGE_RESTRICTION_VIOLATED';

const locationPolicy = (): string =>
  'A location policy of the organization blocked the request. Ask the administrator of the organization to allow this location.';

export const HINTS: HintTable<HintName, GcpConfiguration> = {
  audience: ({ configuration, presented }) =>
    `The pool provider ${configuration.workloadIdentityPoolProviderId} does not accept the token's audience.${shown('audience', presented?.aud)} ` +
    "Add this audience to the provider's allowed audiences. If the provider has no allowed audiences, pass " +
    `\`audience: 'https:${providerAudience(configuration)}'\` instead.`,
  issuer: ({ configuration, presented }) =>
    `The pool provider ${configuration.workloadIdentityPoolProviderId} trusts another issuer.${shown('issuer', presented?.iss)} ` +
    "Set the provider's issuer to exactly this value. It is https://oidc.vercel.com/{team} in Vercel's team mode and " +
    'https://oidc.vercel.com in global mode.',
  issuerUnreachable: ({ configuration, presented }) =>
    `Google could not fetch the keys of ${presented?.iss ?? 'the issuer'}, or did not find the key that signed this token among ` +
    'them. The cause is usually a temporary fault or a key rotation. If the error persists, compare the issuer of the pool ' +
    `provider ${configuration.workloadIdentityPoolProviderId} with the token's issuer: they must match exactly. If you ` +
    'uploaded keys to the provider, upload the current ones.',
  expired: () =>
    'The Vercel token had expired when Google received it. In a Vercel Function, each new request carries a new token. ' +
    'On a laptop, run `vercel env pull`.',
  endsSoon: () =>
    'The Vercel token expires within seconds, and the federated access token expires with it. In a Vercel Function, each new ' +
    'request carries a new token. To get an access token that does not expire with the Vercel token, set serviceAccountEmail ' +
    '(GCP_SERVICE_ACCOUNT_EMAIL).',
  notYetValid: () =>
    "The Vercel token is not valid yet (`nbf`) according to Google's clock. Wait a moment and try again. If the error " +
    'persists, check the clock of the machine that issued the token.',
  signature: () =>
    'Google could not verify the token: it was changed after Vercel issued it, or it was signed with a key that the issuer no ' +
    'longer publishes. Pass the token exactly as Vercel issued it. If you uploaded keys to the pool provider, upload the ' +
    'current ones.',
  mapping: ({ presented }) =>
    'The attribute mapping of the pool provider sets google.subject to an invalid value: it must be a string of 1 to 127 bytes.' +
    `${subjectLength(presented?.sub)} Map a claim that the token has and that is short enough, such as assertion.project_id.`,
  condition: ({ configuration, presented }) =>
    `The attribute condition of the pool provider ${configuration.workloadIdentityPoolProviderId} rejects this token.` +
    `${claims(presented)} Change the condition to accept these values, or run in an environment that the condition accepts.` +
    otherEnvironment(presented, 'this provider'),
  target: ({ configuration }) =>
    `There is no enabled pool provider ${providerAudience(configuration)}. Check projectNumber (the number, not the id), ` +
    'workloadIdentityPoolId and workloadIdentityPoolProviderId, and check that the pool and the provider are neither disabled ' +
    'nor deleted.',
  scope: () =>
    'Google does not know one of the `scopes`. Pass full URLs such as https://www.googleapis.com/auth/cloud-platform.',
  impersonation: (facts) =>
    `${capitalized(caller(facts).named)} may not impersonate ${account(facts)}. Grant ` +
    `${caller(facts).isDelegate ? TOKEN_CREATOR : 'roles/iam.workloadIdentityUser'} on that service account to ` +
    `${caller(facts).member}${caller(facts).note}.${otherEnvironment(facts.presented, 'this service account')}`,
  idToken: (facts) =>
    `${capitalized(caller(facts).named)} may not create ID tokens of ${account(facts)}. Grant ` +
    `roles/iam.serviceAccountOpenIdTokenCreator on that service account to ${caller(facts).member}${caller(facts).note}.` +
    otherEnvironment(facts.presented, 'this service account'),
  delegation: (facts) =>
    `The delegation chain to ${account(facts)} has a link without the role ${TOKEN_CREATOR}, or names a service account that does ` +
    `not exist. Grant that role ${links(facts)}${NAME_NOTE}. roles/iam.workloadIdentityUser does not allow delegation.`,
  targetAudience: () =>
    'IAM Credentials rejected the request for an ID token. Check `targetAudience`: the URL of the Cloud Run service, or the ' +
    'OAuth client ID of Identity-Aware Proxy.',
  serviceAccount: (facts) =>
    `The service account ${account(facts)} does not exist. Check serviceAccountEmail ` +
    '(GCP_SERVICE_ACCOUNT_EMAIL), and check whether the account was deleted.',
  lifetime: ({ configuration }) =>
    `The service account does not allow a token lifetime of ${configuration.lifetimeSeconds ?? 3_600} s. Set lifetimeSeconds to ` +
    '3600 or less, or add the service account to the organization policy ' +
    'constraints/iam.allowServiceAccountCredentialLifetimeExtension.',
  federatedToken: () =>
    'IAM Credentials rejected two new federated tokens in a row. Check that stsEndpoint and iamCredentialsEndpoint belong to ' +
    'the same environment.',
  perimeter: () =>
    'A VPC Service Controls perimeter blocked the request; roles and bindings are not the cause. Enter the ' +
    'vpcServiceControlsUniqueIdentifier from the message into the VPC Service Controls troubleshooter, and add an ingress ' +
    'rule that allows this identity.',
  SERVICE_DISABLED: (facts) =>
    `The API ${service(facts)} is not enabled in the project that \`serverMessage\` names. To enable it, run \`gcloud services ` +
    `enable ${service(facts)} --project={project}\`, and wait a few minutes.`,
  BILLING_DISABLED: () =>
    'Billing is disabled for the project that `serverMessage` names. Turn it on: link a billing account to the project, and ' +
    'wait a few minutes.',
  USER_PROJECT_DENIED: () =>
    'The identity may not use the project that is charged for the request. Grant roles/serviceusage.serviceUsageConsumer on ' +
    'that project, or do not send the header x-goog-user-project (option quotaProjectId).',
  CONSUMER_SUSPENDED: () =>
    'The project that is charged for the request is suspended. Open the project in the Google Cloud console for the reason.',
  CONSUMER_INVALID: () =>
    'The project that is charged for the request does not exist or is inactive. Check projectNumber (GCP_PROJECT_NUMBER).',
  RESOURCE_PROJECT_INVALID: () =>
    'The project of the resource does not exist or is inactive. Check projectNumber (GCP_PROJECT_NUMBER).',
  GCP_SUSPENDED: () =>
    'Google Cloud suspended the account that owns the project. Open its billing account in the Google Cloud console for the reason.',
  ACCOUNT_STATE_INVALID: ({ configuration }) =>
    'The service account is disabled or deleted. To enable it, run `gcloud iam service-accounts enable ' +
    `${configuration.serviceAccountEmail ?? '{email}'}\`.`,
  USER_BLOCKED_BY_ADMIN: () =>
    'An administrator blocked this identity. Ask the administrator of the organization to unblock it.',
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: () =>
    'The scopes of the access token do not include this request. Add https://www.googleapis.com/auth/cloud-platform, or the ' +
    'scope of the API, to `scopes`.',
  ACCESS_TOKEN_TYPE_UNSUPPORTED: () =>
    'This API does not accept federated access tokens. Set serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL) to impersonate a ' +
    'service account.',
  ORG_RESTRICTION_VIOLATION: () =>
    'An organization restriction blocked the request: the proxy header X-Goog-Allowed-Resources does not list the ' +
    'organization of the resource. Ask the administrator of the proxy to add it.',
  LOCATION_ORG_POLICY_VIOLATED: locationPolicy,
  LOCATION_POLICY_VIOLATED: locationPolicy,
  RESOURCE_USAGE_RESTRICTION_VIOLATED: () =>
    'The organization policy constraints/gcp.restrictServiceUsage blocks this service. Ask the administrator of the ' +
    'organization to allow it.',
  endpoint: (facts) =>
    `${origin(facts)} did not respond like a token service of Google. Check \`${endpointOption(facts)}\`, and look for a proxy ` +
    'between this process and Google.',
  redirect: (facts) =>
    `${origin(facts)} returned a redirect, which Google never does. Check \`${endpointOption(facts)}\`, and look for a proxy ` +
    'between this process and Google.',
  unreadable: (facts) =>
    `${origin(facts)} did not return a token response: ${facts.failed?.fault ?? 'it cannot be read'}. Check whether a proxy between this process and ` +
    'Google replaced the response.',
  name: () =>
    "The host name of Google's token service could not be resolved. Check `stsEndpoint`, `iamCredentialsEndpoint` and " +
    '`universeDomain`, and the DNS of this network.',
  certificate: () =>
    "This process does not trust the server's TLS certificate. For a private CA, set NODE_EXTRA_CA_CERTS before the process starts.",
};

const TOKEN_CREATOR = 'roles/iam.serviceAccountTokenCreator';
const NAME_NOTE = ' (case-sensitive; the name differs if google.subject is not mapped to assertion.sub)';

const account = ({ configuration }: Facts): string =>
  configuration.serviceAccountEmail ?? 'the service account';

const emailsOf = ({ delegates = [] }: GcpConfiguration): readonly string[] =>
  delegates.map((name) => name.slice(name.lastIndexOf('/') + 1));

/** The principal that Google authorizes on the service account: the last delegate, or the federated principal. */
function caller({ configuration, presented }: Facts): {
  readonly named: string;
  readonly member: string;
  readonly note: string;
  readonly isDelegate: boolean;
} {
  const delegate = emailsOf(configuration).at(-1);
  if (delegate !== undefined)
    return {
      named: `the last delegate, ${delegate},`,
      member: `serviceAccount:${delegate}`,
      note: '',
      isDelegate: true,
    };
  const member = federatedPrincipal(configuration, presented?.sub ?? '{sub}');
  return { named: 'the federated principal', member, note: NAME_NOTE, isDelegate: false };
}

/** Each link of the chain: the account that is acted for, and the member that acts. */
function links({ configuration, presented }: Facts): string {
  const { serviceAccountEmail } = configuration;
  const delegates = emailsOf(configuration);
  const members = [
    federatedPrincipal(configuration, presented?.sub ?? '{sub}'),
    ...delegates.map((email) => `serviceAccount:${email}`),
  ];
  return [...delegates, serviceAccountEmail ?? '']
    .map((email, index) => `on ${email} to ${members[index] ?? ''}`)
    .join(', ');
}

const capitalized = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;

/** Whether the request went to IAM Credentials. */
export const isIamCredentials = (step: string | undefined): boolean =>
  step === 'impersonation' || step === 'id-token';

const isImpersonation = ({ failed }: Facts): boolean => isIamCredentials(failed?.step);

const endpointOption = (facts: Facts): 'iamCredentialsEndpoint' | 'stsEndpoint' =>
  isImpersonation(facts) ? 'iamCredentialsEndpoint' : 'stsEndpoint';

const origin = (facts: Facts): string => facts.configuration[endpointOption(facts)];

const service = (facts: Facts): string =>
  `${isImpersonation(facts) ? 'iamcredentials' : 'sts'}.${facts.configuration.universeDomain}`;

function shown(name: string, claim: string | readonly string[] | undefined): string {
  if (claim === undefined) return '';
  return ` The token's ${name} is ${typeof claim === 'string' ? claim : claim.join(', ')}.`;
}

function claims(presented: PresentedToken | undefined): string {
  const { sub, environment } = presented ?? {};
  const found = Object.entries({ sub, environment }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value}`],
  );
  return found.length === 0 ? '' : ` The token has ${found.join(', ')}.`;
}

/** A longer subject was cut where the token was read, so its length is not known. */
function subjectLength(sub: string | undefined): string {
  return sub === undefined || sub.endsWith('…') ? '' : ` The token's sub has ${sub.length} characters.`;
}
