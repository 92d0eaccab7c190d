/** What to do about a refusal: made of our configuration and the presented claims, never of server text. */

import type { PresentedToken } from '@credex/core';
import { federatedPrincipal, providerAudience } from './gcp-names.js';
import type { GcpConfiguration } from './gcp-options.js';

type Presented = PresentedToken | undefined;

export function audienceHint(configuration: GcpConfiguration, presented: Presented): string {
  const audience = providerAudience(configuration);
  const { aud } = presented ?? {};
  const shown =
    aud === undefined ? '' : ` The token's audience is ${typeof aud === 'string' ? aud : aud.join(', ')}.`;
  return `The pool provider ${configuration.workloadIdentityPoolProviderId} does not accept the token's audience.${shown} Add exactly that to the provider's allowed audiences, or pass \`audience: 'https:${audience}'\` where the provider has none.`;
}

export function issuerHint(configuration: GcpConfiguration, presented: Presented): string {
  const shown = presented?.iss === undefined ? '' : ` The token's issuer is ${presented.iss}.`;
  return `The pool provider ${configuration.workloadIdentityPoolProviderId} trusts another issuer.${shown} Its issuer must be exactly that: https://oidc.vercel.com/{team} in Vercel's team mode, https://oidc.vercel.com in global mode.`;
}

export function issuerUnreachableHint(configuration: GcpConfiguration, presented: Presented): string {
  const issuer = presented?.iss ?? 'the issuer';
  return `Google could not fetch the keys of ${issuer}, or did not find the key of this token among them. This is usually a temporary fault, or a key rotation. If it stays: compare the issuer of the pool provider ${configuration.workloadIdentityPoolProviderId} with the token's, letter by letter; if keys were uploaded to the provider, upload the current ones.`;
}

export function perimeterHint(): string {
  return 'A VPC Service Controls perimeter refused the request; roles and bindings are not the cause. Give the vpcServiceControlsUniqueIdentifier of the message to the VPC Service Controls troubleshooter, and have an ingress rule admit this identity.';
}

/** google.api.ErrorReason: what stands in the way although every binding may be right. */
const REASON_HINTS: ReadonlyMap<string, string> = new Map([
  [
    'BILLING_DISABLED',
    'Billing is disabled for the project that the request is charged to: link a billing account to it.',
  ],
  [
    'USER_PROJECT_DENIED',
    'The identity may not use the project that the request is charged to: grant roles/serviceusage.serviceUsageConsumer on it, or send no x-goog-user-project.',
  ],
  [
    'CONSUMER_SUSPENDED',
    'The project that the request is charged to is suspended: see its page in the Google Cloud console.',
  ],
  [
    'CONSUMER_INVALID',
    'The project that the request is charged to does not exist or is inactive: check projectNumber (GCP_PROJECT_NUMBER).',
  ],
  [
    'RESOURCE_PROJECT_INVALID',
    'The project of the resource does not exist or is inactive: check projectNumber (GCP_PROJECT_NUMBER).',
  ],
  ['GCP_SUSPENDED', 'Google Cloud suspended the account that owns the project: see its billing account.'],
  [
    'ACCOUNT_STATE_INVALID',
    'The service account is disabled or deleted: `gcloud iam service-accounts enable` with its email address.',
  ],
  [
    'USER_BLOCKED_BY_ADMIN',
    'An administrator blocked this identity: ask the administrator of the organization.',
  ],
  [
    'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
    'The scopes of the access token do not cover this request: add https://www.googleapis.com/auth/cloud-platform, or the scope of the API, to `scopes`.',
  ],
  [
    'ACCESS_TOKEN_TYPE_UNSUPPORTED',
    'This API accepts no federated access token: set serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL) to impersonate a service account.',
  ],
  [
    'ORG_RESTRICTION_VIOLATION',
    'An organization restriction refused the request: the resource belongs to an organization that the proxy header X-Goog-Allowed-Resources does not list.',
  ],
  [
    'LOCATION_ORG_POLICY_VIOLATED',
    'A location policy of the organization refused the request: ask the administrator of the organization.',
  ],
  [
    'LOCATION_POLICY_VIOLATED',
    'A location policy of the organization refused the request: ask the administrator of the organization.',
  ],
  [
    'RESOURCE_USAGE_RESTRICTION_VIOLATED',
    'The organization policy constraints/gcp.restrictServiceUsage forbids this service: ask the administrator of the organization.',
  ],
]);

export function reasonHint(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : REASON_HINTS.get(reason);
}

export function expiredHint(): string {
  return 'The Vercel token is too old for Google. In a function the next request brings another; on a laptop run `vercel env pull`.';
}

export function endsSoonHint(): string {
  return 'The Vercel token ends within seconds, and the federated access token ends with it. In a function, the next request brings a new token. With serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL) the access token does not depend on the end of the Vercel token.';
}

export function notYetValidHint(): string {
  return "The Vercel token is not valid yet by Google's clock. Wait a moment; check the clock that signed it.";
}

export function rejectedHint(): string {
  return 'Google could not verify the token. Was it changed on the way, or signed with a key that its issuer no longer publishes? If keys were uploaded to the provider, upload the current ones.';
}

export function mappingHint(presented: Presented): string {
  const length =
    presented?.sub === undefined ? '' : ` The token's sub has ${presented.sub.length} characters.`;
  return `The pool's attribute mapping gives google.subject no value that it may have: a text of 1 to 127 bytes.${length} Map a claim that is there and short, such as assertion.project_id.`;
}

export function conditionHint(configuration: GcpConfiguration, presented: Presented): string {
  const claims = [
    presented?.sub === undefined ? undefined : `sub ${presented.sub}`,
    presented?.environment === undefined ? undefined : `environment ${presented.environment}`,
  ].filter((claim) => claim !== undefined);
  const shown = claims.length === 0 ? '' : ` It was shown ${claims.join(', ')}.`;
  return `The attribute condition of the pool provider ${configuration.workloadIdentityPoolProviderId} does not let this token in.${shown} Change the condition, or run in an environment that it names.`;
}

export function targetHint(configuration: GcpConfiguration): string {
  return `There is no enabled pool provider ${providerAudience(configuration)}. Check projectNumber (the number, not the id), workloadIdentityPoolId and workloadIdentityPoolProviderId; none of them may be disabled or deleted.`;
}

export function scopeHint(): string {
  return 'Google does not know one of the scopes: pass full URLs such as https://www.googleapis.com/auth/cloud-platform.';
}

export function impersonationHint(configuration: GcpConfiguration, presented: Presented): string {
  const member = federatedPrincipal(configuration, presented?.sub ?? '{sub}');
  return `The federated principal may not impersonate ${configuration.serviceAccountEmail ?? 'the service account'}. Grant roles/iam.workloadIdentityUser on that service account to ${member} (compared case by case; another attribute mapping gives another name).`;
}

export function disabledServiceHint(service: 'sts' | 'iamcredentials', universeDomain: string): string {
  return `Enable ${service}.${universeDomain} in the project: \`gcloud services enable ${service}.${universeDomain}\`.`;
}

export function serviceAccountHint(configuration: GcpConfiguration): string {
  return `There is no service account ${configuration.serviceAccountEmail ?? ''}: check serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL), and whether the account was deleted.`;
}

export function lifetimeHint(configuration: GcpConfiguration): string {
  return `A lifetime of ${configuration.lifetimeSeconds ?? 3_600} s was asked for. More than 3600 s needs the organization policy constraints/iam.allowServiceAccountCredentialLifetimeExtension to name the service account; otherwise lower lifetimeSeconds.`;
}

export function federatedTokenHint(): string {
  return 'IAM Credentials refused the federated token twice, each time a new one. Check that stsEndpoint and iamCredentialsEndpoint belong together.';
}

export function certificateHint(): string {
  return "The server's certificate is not trusted. For a private authority set NODE_EXTRA_CA_CERTS before the process starts.";
}

export function endpointHint(origin: string): string {
  return `Check the endpoint ${origin}: a token service answers there itself, without a redirect and in JSON.`;
}
