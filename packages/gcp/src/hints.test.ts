/** Every hint as a user reads it, for one token, pool provider and service account. */

import type { PresentedToken } from '@credex/core';
import type { HintFacts } from '@credex/core/classify';
import { describe, expect, it } from 'vitest';
import { EMAIL, NAMES, SUB } from './gcp.fixture.js';
import { HINTS } from './hints.js';
import { gcpConfiguration } from './options.js';
import type { GcpConfiguration } from './types.js';

const configuration = gcpConfiguration({ ...NAMES, serviceAccountEmail: EMAIL });
const PRESENTED: PresentedToken = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: SUB,
  environment: 'production',
};
const NAMES_OF_HINTS = Object.keys(HINTS) as (keyof typeof HINTS)[];
const hint = (name: keyof typeof HINTS, facts: Partial<HintFacts<GcpConfiguration>> = {}): string =>
  HINTS[name]({ configuration, presented: PRESENTED, ...facts });

describe('hints', () => {
  it('read as sentences that name the values and the fix', () => {
    const failed = { status: 200, fault: 'it has no access_token', step: 'token-exchange' };
    const all = NAMES_OF_HINTS.map((name) => [name, hint(name, { failed })]);
    expect(Object.fromEntries(all)).toMatchInlineSnapshot(`
      {
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "The scopes of the access token do not include this request. Add https://www.googleapis.com/auth/cloud-platform, or the scope of the API, to \`scopes\`.",
        "ACCESS_TOKEN_TYPE_UNSUPPORTED": "This API does not accept federated access tokens. Set serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL) to impersonate a service account.",
        "ACCOUNT_STATE_INVALID": "The service account is disabled or deleted. To enable it, run \`gcloud iam service-accounts enable app@my-project.iam.gserviceaccount.com\`.",
        "BILLING_DISABLED": "Billing is disabled for the project that \`serverMessage\` names. Turn it on: link a billing account to the project, and wait a few minutes.",
        "CONSUMER_INVALID": "The project that is charged for the request does not exist or is inactive. Check projectNumber (GCP_PROJECT_NUMBER).",
        "CONSUMER_SUSPENDED": "The project that is charged for the request is suspended. Open the project in the Google Cloud console for the reason.",
        "GCP_SUSPENDED": "Google Cloud suspended the account that owns the project. Open its billing account in the Google Cloud console for the reason.",
        "LOCATION_ORG_POLICY_VIOLATED": "A location policy of the organization blocked the request. Ask the administrator of the organization to allow this location.",
        "LOCATION_POLICY_VIOLATED": "A location policy of the organization blocked the request. Ask the administrator of the organization to allow this location.",
        "ORG_RESTRICTION_VIOLATION": "An organization restriction blocked the request: the proxy header X-Goog-Allowed-Resources does not list the organization of the resource. Ask the administrator of the proxy to add it.",
        "RESOURCE_PROJECT_INVALID": "The project of the resource does not exist or is inactive. Check projectNumber (GCP_PROJECT_NUMBER).",
        "RESOURCE_USAGE_RESTRICTION_VIOLATED": "The organization policy constraints/gcp.restrictServiceUsage blocks this service. Ask the administrator of the organization to allow it.",
        "SERVICE_DISABLED": "The API sts.googleapis.com is not enabled in the project that \`serverMessage\` names. To enable it, run \`gcloud services enable sts.googleapis.com --project={project}\`, and wait a few minutes.",
        "USER_BLOCKED_BY_ADMIN": "An administrator blocked this identity. Ask the administrator of the organization to unblock it.",
        "USER_PROJECT_DENIED": "The identity may not use the project that is charged for the request. Grant roles/serviceusage.serviceUsageConsumer on that project, or do not send the header x-goog-user-project (option quotaProjectId).",
        "audience": "The pool provider vercel-oidc does not accept the token's audience. The token's audience is https://vercel.com/acme. Add this audience to the provider's allowed audiences. If the provider has no allowed audiences, pass \`audience: 'https://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/providers/vercel-oidc'\` instead.",
        "certificate": "This process does not trust the server's TLS certificate. For a private CA, set NODE_EXTRA_CA_CERTS before the process starts.",
        "condition": "The attribute condition of the pool provider vercel-oidc rejects this token. The token has sub owner:acme:project:shop:environment:production, environment production. Change the condition to accept these values, or run in an environment that the condition accepts.",
        "delegation": "The delegation chain to app@my-project.iam.gserviceaccount.com has a link without the role roles/iam.serviceAccountTokenCreator, or names a service account that does not exist. Grant that role on app@my-project.iam.gserviceaccount.com to principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/subject/owner:acme:project:shop:environment:production (case-sensitive; the name differs if google.subject is not mapped to assertion.sub). roles/iam.workloadIdentityUser does not allow delegation.",
        "endpoint": "https://sts.googleapis.com did not respond like a token service of Google. Check \`stsEndpoint\`, and look for a proxy between this process and Google.",
        "endsSoon": "The Vercel token expires within seconds, and the federated access token expires with it. In a Vercel Function, each new request carries a new token. To get an access token that does not expire with the Vercel token, set serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL).",
        "expired": "The Vercel token had expired when Google received it. In a Vercel Function, each new request carries a new token. On a laptop, run \`vercel env pull\`.",
        "federatedToken": "IAM Credentials rejected two new federated tokens in a row. Check that stsEndpoint and iamCredentialsEndpoint belong to the same environment.",
        "idToken": "The federated principal may not create ID tokens of app@my-project.iam.gserviceaccount.com. Grant roles/iam.serviceAccountOpenIdTokenCreator on that service account to principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/subject/owner:acme:project:shop:environment:production (case-sensitive; the name differs if google.subject is not mapped to assertion.sub).",
        "impersonation": "The federated principal may not impersonate app@my-project.iam.gserviceaccount.com. Grant roles/iam.workloadIdentityUser on that service account to principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/subject/owner:acme:project:shop:environment:production (case-sensitive; the name differs if google.subject is not mapped to assertion.sub).",
        "issuer": "The pool provider vercel-oidc trusts another issuer. The token's issuer is https://oidc.vercel.com/acme. Set the provider's issuer to exactly this value. It is https://oidc.vercel.com/{team} in Vercel's team mode and https://oidc.vercel.com in global mode.",
        "issuerUnreachable": "Google could not fetch the keys of https://oidc.vercel.com/acme, or did not find the key that signed this token among them. The cause is usually a temporary fault or a key rotation. If the error persists, compare the issuer of the pool provider vercel-oidc with the token's issuer: they must match exactly. If you uploaded keys to the provider, upload the current ones.",
        "lifetime": "The service account does not allow a token lifetime of 3600 s. Set lifetimeSeconds to 3600 or less, or add the service account to the organization policy constraints/iam.allowServiceAccountCredentialLifetimeExtension.",
        "mapping": "The attribute mapping of the pool provider sets google.subject to an invalid value: it must be a string of 1 to 127 bytes. The token's sub has 46 characters. Map a claim that the token has and that is short enough, such as assertion.project_id.",
        "name": "The host name of Google's token service could not be resolved. Check \`stsEndpoint\`, \`iamCredentialsEndpoint\` and \`universeDomain\`, and the DNS of this network.",
        "notYetValid": "The Vercel token is not valid yet (\`nbf\`) according to Google's clock. Wait a moment and try again. If the error persists, check the clock of the machine that issued the token.",
        "perimeter": "A VPC Service Controls perimeter blocked the request; roles and bindings are not the cause. Enter the vpcServiceControlsUniqueIdentifier from the message into the VPC Service Controls troubleshooter, and add an ingress rule that allows this identity.",
        "redirect": "https://sts.googleapis.com returned a redirect, which Google never does. Check \`stsEndpoint\`, and look for a proxy between this process and Google.",
        "scope": "Google does not know one of the \`scopes\`. Pass full URLs such as https://www.googleapis.com/auth/cloud-platform.",
        "serviceAccount": "The service account app@my-project.iam.gserviceaccount.com does not exist. Check serviceAccountEmail (GCP_SERVICE_ACCOUNT_EMAIL), and check whether the account was deleted.",
        "signature": "Google could not verify the token: it was changed after Vercel issued it, or it was signed with a key that the issuer no longer publishes. Pass the token exactly as Vercel issued it. If you uploaded keys to the pool provider, upload the current ones.",
        "target": "There is no enabled pool provider //iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/providers/vercel-oidc. Check projectNumber (the number, not the id), workloadIdentityPoolId and workloadIdentityPoolProviderId, and check that the pool and the provider are neither disabled nor deleted.",
        "targetAudience": "IAM Credentials rejected the request for an ID token. Check \`targetAudience\`: the URL of the Cloud Run service, or the OAuth client ID of Identity-Aware Proxy.",
        "unreadable": "https://sts.googleapis.com did not return a token response: it has no access_token. Check whether a proxy between this process and Google replaced the response.",
      }
    `);
  });

  it('of a delegation chain name each link and its role', () => {
    const chain = gcpConfiguration({
      ...NAMES,
      serviceAccountEmail: EMAIL,
      delegates: ['one@p.iam.gserviceaccount.com', 'two@p.iam.gserviceaccount.com'],
    });
    expect(hint('delegation', { configuration: chain })).toBe(
      `The delegation chain to ${EMAIL} has a link without the role roles/iam.serviceAccountTokenCreator, or names a service account that does not exist. ` +
        `Grant that role on one@p.iam.gserviceaccount.com to principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/subject/${SUB}, ` +
        'on two@p.iam.gserviceaccount.com to serviceAccount:one@p.iam.gserviceaccount.com, ' +
        `on ${EMAIL} to serviceAccount:two@p.iam.gserviceaccount.com (case-sensitive; the name differs if google.subject is not mapped to assertion.sub). ` +
        'roles/iam.workloadIdentityUser does not allow delegation.',
    );
    expect(hint('impersonation', { configuration: chain })).toBe(
      `The last delegate, two@p.iam.gserviceaccount.com, may not impersonate ${EMAIL}. ` +
        'Grant roles/iam.serviceAccountTokenCreator on that service account to serviceAccount:two@p.iam.gserviceaccount.com.',
    );
    expect(hint('idToken', { configuration: chain })).toBe(
      `The last delegate, two@p.iam.gserviceaccount.com, may not create ID tokens of ${EMAIL}. ` +
        'Grant roles/iam.serviceAccountOpenIdTokenCreator on that service account to serviceAccount:two@p.iam.gserviceaccount.com.',
    );
  });

  it('name no value of a token that was not read', () => {
    for (const name of NAMES_OF_HINTS)
      expect(hint(name, { presented: undefined })).not.toMatch(/has undefined|is undefined|acme/);
  });

  it('of an endpoint name the one of the step that failed, and its option', () => {
    const failed = { status: 307, fault: undefined, step: 'impersonation' };
    for (const name of ['endpoint', 'redirect'] as const)
      expect(hint(name, { failed })).toMatch(
        /^https:\/\/iamcredentials\.googleapis\.com .*`iamCredentialsEndpoint`/,
      );
    expect(hint('SERVICE_DISABLED', { failed })).toContain(
      'gcloud services enable iamcredentials.googleapis.com',
    );
  });
});
