/** Hints: the likely cause and the fix. They contain only the configuration and the token's claims, never server text. */

import type { PresentedToken } from '@credex/core';
import { federatedPrincipal, providerAudience } from './names.js';
import type { GcpConfiguration } from './options.js';

type Presented = PresentedToken | undefined;

export function audienceHint(configuration: GcpConfiguration, presented: Presented): string {
  const audience = providerAudience(configuration);
  const { aud } = presented ?? {};
  const shown =
    aud === undefined ? '' : ` The token's audience is ${typeof aud === 'string' ? aud : aud.join(', ')}.`;
  return `The pool provider ${configuration.workloadIdentityPoolProviderId} does not accept the token's audience.${shown} Add this audience to the provider's allowed audiences. If the provider has no allowed audiences, pass \`audience: 'https:${audience}'\` instead.`;
}

export function issuerHint(configuration: GcpConfiguration, presented: Presented): string {
  const shown = presented?.iss === undefined ? '' : ` The token's issuer is ${presented.iss}.`;
  return `The pool provider ${configuration.workloadIdentityPoolProviderId} trusts another issuer.${shown} Set the provider's issuer to exactly this value. It is https://oidc.vercel.com/{team} in Vercel's team mode and https://oidc.vercel.com in global mode.`;
}

export function issuerUnreachableHint(configuration: GcpConfiguration, presented: Presented): string {
  const issuer = presented?.iss ?? 'the issuer';
  return `Google could not fetch the keys of ${issuer}, or did not find the key that signed this token among them. The cause is usually a temporary fault or a key rotation. If the error persists, compare the issuer of the pool provider ${configuration.workloadIdentityPoolProviderId} with the token's issuer: they must match exactly. If you uploaded keys to the provider, upload the current ones.`;
}

export function perimeterHint(): string {
  return 'A VPC Service Controls perimeter blocked the request; roles and bindings are not the cause. Enter the vpcServiceControlsUniqueIdentifier from the message into the VPC Service Controls troubleshooter, and add an ingress rule that allows this identity.';
}

/** Values of google.api.ErrorReason: causes other than a missing role or binding. */
const REASON_HINTS: ReadonlyMap<string, string> = new Map([
  [
    'BILLING_DISABLED',
    'Billing is disabled for the project that is charged for the request. Link a billing account to the project.',
  ],
  [
    'USER_PROJECT_DENIED',
    'The identity may not use the project that is charged for the request. Grant roles/serviceusage.serviceUsageConsumer on that project, or do not send the header x-goog-user-project (option quotaProjectId).',
  ],
  [
    'CONSUMER_SUSPENDED',
    'The project that is charged for the request is suspended. Open the project in the Google Cloud console for the reason.',
  ],
  [
    'CONSUMER_INVALID',
    'The project that is charged for the request does not exist or is inactive. Check projectNumber (GCP_PROJECT_NUMBER).',
  ],
  [
    'RESOURCE_PROJECT_INVALID',
    'The project of the resource does not exist or is inactive. Check projectNumber (GCP_PROJECT_NUMBER).',
  ],
  [
    'GCP_SUSPENDED',
    'Google Cloud suspended the account that owns the project. Open its billing account in the Google Cloud console for the reason.',
  ],
  [
    'ACCOUNT_STATE_INVALID',
    'The service account is disabled or deleted. To enable it, run `gcloud iam service-accounts enable` with its email address.',
  ],
  [
    'USER_BLOCKED_BY_ADMIN',
    'An administrator blocked this identity. Ask the administrator of the organization to unblock it.',
  ],
  [
    'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
    'The scopes of the access token do not include this request. Add https://www.googleapis.com/auth/cloud-platform, or the scope of the API, to `scopes`.',
  ],
  [
    'ACCESS_TOKEN_TYPE_UNSUPPORTED',
    'This API does not accept federated access tokens. Set serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL) to impersonate a service account.',
  ],
  [
    'ORG_RESTRICTION_VIOLATION',
    'An organization restriction blocked the request: the proxy header X-Goog-Allowed-Resources does not list the organization of the resource. Ask the administrator of the proxy to add it.',
  ],
  [
    'LOCATION_ORG_POLICY_VIOLATED',
    'A location policy of the organization blocked the request. Ask the administrator of the organization to allow this location.',
  ],
  [
    'LOCATION_POLICY_VIOLATED',
    'A location policy of the organization blocked the request. Ask the administrator of the organization to allow this location.',
  ],
  [
    'RESOURCE_USAGE_RESTRICTION_VIOLATED',
    'The organization policy constraints/gcp.restrictServiceUsage blocks this service. Ask the administrator of the organization to allow it.',
  ],
]);

export function reasonHint(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : REASON_HINTS.get(reason);
}

export function expiredHint(): string {
  return 'The Vercel token had expired when Google received it. In a Vercel Function, each new request carries a new token. On a laptop, run `vercel env pull`.';
}

export function endsSoonHint(): string {
  return 'The Vercel token expires within seconds, and the federated access token expires with it. In a Vercel Function, each new request carries a new token. To get an access token that does not expire with the Vercel token, set serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL).';
}

export function notYetValidHint(): string {
  return "The Vercel token is not valid yet (`nbf`) according to Google's clock. Wait a moment and try again. If the error persists, check the clock of the machine that issued the token.";
}

export function rejectedHint(): string {
  return 'Google could not verify the token: it was changed after Vercel issued it, or it was signed with a key that the issuer no longer publishes. Pass the token exactly as Vercel issued it. If you uploaded keys to the pool provider, upload the current ones.';
}

export function mappingHint(presented: Presented): string {
  const length =
    presented?.sub === undefined ? '' : ` The token's sub has ${presented.sub.length} characters.`;
  return `The attribute mapping of the pool provider sets google.subject to an invalid value: it must be a text of 1 to 127 bytes.${length} Map a claim that the token has and that is short enough, such as assertion.project_id.`;
}

export function conditionHint(configuration: GcpConfiguration, presented: Presented): string {
  const claims = [
    presented?.sub === undefined ? undefined : `sub ${presented.sub}`,
    presented?.environment === undefined ? undefined : `environment ${presented.environment}`,
  ].filter((claim) => claim !== undefined);
  const shown = claims.length === 0 ? '' : ` The token has ${claims.join(', ')}.`;
  return `The attribute condition of the pool provider ${configuration.workloadIdentityPoolProviderId} rejects this token.${shown} Change the condition to accept these values, or run in an environment that the condition accepts.`;
}

export function targetHint(configuration: GcpConfiguration): string {
  return `There is no enabled pool provider ${providerAudience(configuration)}. Check projectNumber (the number, not the id), workloadIdentityPoolId and workloadIdentityPoolProviderId, and check that the pool and the provider are neither disabled nor deleted.`;
}

export function scopeHint(): string {
  return 'One of the `scopes` is unknown to Google. Pass full URLs such as https://www.googleapis.com/auth/cloud-platform.';
}

export function impersonationHint(configuration: GcpConfiguration, presented: Presented): string {
  const member = federatedPrincipal(configuration, presented?.sub ?? '{sub}');
  return `The federated principal may not impersonate ${configuration.serviceAccountEmail ?? 'the service account'}. Grant roles/iam.workloadIdentityUser on that service account to ${member} (case-sensitive; the name differs if google.subject is not mapped to assertion.sub).`;
}

export function disabledServiceHint(service: 'sts' | 'iamcredentials', universeDomain: string): string {
  return `The API ${service}.${universeDomain} is not enabled in the project. To enable it, run \`gcloud services enable ${service}.${universeDomain}\`.`;
}

export function serviceAccountHint(configuration: GcpConfiguration): string {
  return `There is no service account ${configuration.serviceAccountEmail ?? ''}. Check serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL), and check whether the account was deleted.`;
}

export function lifetimeHint(configuration: GcpConfiguration): string {
  return `The request has a lifetime of ${configuration.lifetimeSeconds ?? 3_600} s. Set lifetimeSeconds to 3600 or less, or add the service account to the organization policy constraints/iam.allowServiceAccountCredentialLifetimeExtension.`;
}

export function federatedTokenHint(): string {
  return 'IAM Credentials rejected two new federated tokens in a row. Check that stsEndpoint and iamCredentialsEndpoint belong to the same environment.';
}

export function certificateHint(): string {
  return "This process does not trust the server's TLS certificate. For a private CA, set NODE_EXTRA_CA_CERTS before the process starts.";
}

export function endpointHint(origin: string): string {
  return `${origin} did not respond like a token service of Google, which returns JSON and never redirects. Check the endpoint, and look for a proxy between this process and Google.`;
}
