/** Every hint as a user reads it, for one token and one application. */

import type { PresentedToken } from '@credex/core';
import type { HintFacts } from '@credex/core/classify';
import { describe, expect, it } from 'vitest';
import { HINTS } from './hints.js';
import { azureConfiguration } from './options.js';
import type { AzureConfiguration } from './types.js';

const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const TENANT = '11111111-2222-3333-4444-555555555555';
const configuration = azureConfiguration({ tenantId: TENANT, clientId: CLIENT });
const PRESENTED: PresentedToken = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: 'owner:acme:project:shop:environment:production',
  owner: 'acme',
  environment: 'production',
};
const hint = (name: keyof typeof HINTS, facts: Partial<HintFacts<AzureConfiguration>> = {}): string =>
  HINTS[name]({ configuration, presented: PRESENTED, ...facts });

describe('hints', () => {
  it('read as sentences that name the values and the fix', () => {
    const failed = { status: 200, fault: 'it has no usable `access_token`', step: undefined };
    const all = Object.keys(HINTS).map((name) => [name, hint(name as keyof typeof HINTS, { failed })]);
    expect(Object.fromEntries(all)).toMatchInlineSnapshot(`
      {
        "application": "Entra does not find the application. Check \`clientId\` (aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee): it must be the application's client id, not its object id, and the application needs a service principal in tenant 11111111-2222-3333-4444-555555555555. Check \`tenantId\` as well.",
        "assignment": "The resource accepts only applications that have one of its app roles. Assign an app role to the application aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.",
        "audience": "The token's audience is 'https://vercel.com/acme', but the federated credential has another one. Set the audience of the federated credential to this value, or pass \`audience: 'api://AzureADTokenExchange'\` (Azure's default) to get a token with that audience from Vercel. To change the federated credential, run: az ad app federated-credential update --id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee (for a managed identity: az identity federated-credential update).",
        "certificate": "This process does not trust the TLS certificate of https://login.microsoftonline.com. For a private CA, set NODE_EXTRA_CA_CERTS, or pass \`tlsOptions: { ca }\` in the \`clientOptions\` of azureIdentityExchanger.",
        "conditionalAccess": "A Conditional Access policy for workload identities blocked the application aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee. Its sign-in log (Microsoft Entra admin center, Service principal sign-ins) names the policy. Exclude the application from that policy, or run where the policy allows it.",
        "consent": "The application aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee has no admin consent in tenant 11111111-2222-3333-4444-555555555555. An administrator of the tenant can grant it: az ad app permission admin-consent --id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "crossTenant": "A tenant restriction or a cross-tenant access policy denies access to tenant 11111111-2222-3333-4444-555555555555. Check \`tenantId\`; otherwise ask the administrator of the tenant.",
        "disabled": "Sign-in is disabled for the application aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee in tenant 11111111-2222-3333-4444-555555555555. Enable it in the Azure portal: Enterprise applications, Properties.",
        "endpoint": "There is no token endpoint at https://login.microsoftonline.com. Check \`authorityHost\` (AZURE_AUTHORITY_HOST).",
        "entraIssuer": "The token was issued by Entra. Pass the OIDC token that Vercel issued, not an Azure access token.",
        "expired": "The token had expired when Entra received it. In a Vercel Function, each new request carries a new token. On a laptop, run \`vercel env pull\`.",
        "federationPolicy": "A policy of tenant 11111111-2222-3333-4444-555555555555 blocks or restricts workload identity federation. The issuer, subject and audience are not the cause. Ask the administrator of the tenant to allow this issuer.",
        "issuer": "No federated credential of the application has the issuer 'https://oidc.vercel.com/acme' (the project's issuer mode is team; in global mode the issuer is https://oidc.vercel.com). The issuer must match exactly, without a slash at the end. To trust this token, run: az ad app federated-credential create --id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --parameters '{"name":"vercel-production","issuer":"https://oidc.vercel.com/acme","subject":"owner:acme:project:shop:environment:production","audiences":["https://vercel.com/acme"]}'",
        "issuerUnreachable": "Entra could not fetch the OpenID configuration or the keys of the issuer 'https://oidc.vercel.com/acme'. This fault is usually temporary. If it persists, check that the issuer can be reached from the internet.",
        "loop": "Entra received too many identical requests from application aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee in a short time. Create one provider per process instead of one per call, and check which code passes \`forceRefresh\`.",
        "malformed": "Entra could not read the token as a JWT: its header, its algorithm or a claim is not supported. Pass the token exactly as Vercel issued it.",
        "name": "The host name of https://login.microsoftonline.com could not be resolved. Check \`authorityHost\` (AZURE_AUTHORITY_HOST) and the DNS of this network.",
        "noCredential": "No federated credential of the application matches issuer 'https://oidc.vercel.com/acme', subject 'owner:acme:project:shop:environment:production' and audience 'https://vercel.com/acme'. A new federated credential can take a few minutes to become visible. To trust this token, run: az ad app federated-credential create --id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --parameters '{"name":"vercel-production","issuer":"https://oidc.vercel.com/acme","subject":"owner:acme:project:shop:environment:production","audiences":["https://vercel.com/acme"]}'",
        "noneConfigured": "The application aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee has no federated credential. To list them, run: az ad app federated-credential list --id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee (for a managed identity: az identity federated-credential list). A new federated credential can take a few minutes to become visible. To trust this token, run: az ad app federated-credential create --id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --parameters '{"name":"vercel-production","issuer":"https://oidc.vercel.com/acme","subject":"owner:acme:project:shop:environment:production","audiences":["https://vercel.com/acme"]}'",
        "notYetValid": "The token is not valid yet (\`nbf\`) according to Entra's clock. Wait a moment and try again. If the error persists, check the clock of the machine that issued the token.",
        "publicClient": "The application aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee is registered as a public client. Set "Allow public client flows" to No in its Authentication settings, or use another application.",
        "redirect": "https://login.microsoftonline.com returned a redirect, which Entra never does. Check \`authorityHost\` (AZURE_AUTHORITY_HOST), and look for a proxy between this process and Entra.",
        "regional": "The regional endpoint of Entra does not accept this federated credential. Remove the region from \`authorityHost\` (AZURE_AUTHORITY_HOST) and unset AZURE_REGIONAL_AUTHORITY_NAME.",
        "resource": "The resource in \`scopes\` has no service principal in tenant 11111111-2222-3333-4444-555555555555. Check its spelling, and check that it belongs to the same national cloud as the tenant.",
        "scope": "Entra does not accept \`scopes\`. Set it to \`<resource>/.default\`, such as https://vault.azure.net/.default: an application can request no other scope.",
        "severalAudiences": "The token has several audiences; Entra accepts a token with one audience only. Pass \`audience: 'api://AzureADTokenExchange'\` to get such a token from Vercel.",
        "signature": "Entra could not verify the token's signature with the keys of the issuer 'https://oidc.vercel.com/acme'. Pass the token exactly as Vercel issued it.",
        "subject": "No federated credential of the application has the subject 'owner:acme:project:shop:environment:production'. The subject must match exactly; wildcards are not supported. Note that the example in Vercel's Azure guide lacks the colon after \`project\`. To trust this token, run: az ad app federated-credential create --id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --parameters '{"name":"vercel-production","issuer":"https://oidc.vercel.com/acme","subject":"owner:acme:project:shop:environment:production","audiences":["https://vercel.com/acme"]}'",
        "subjectCase": "A federated credential of the application has this subject with different upper and lower case. Change it to exactly 'owner:acme:project:shop:environment:production', or create another federated credential. To trust this token, run: az ad app federated-credential create --id aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee --parameters '{"name":"vercel-production","issuer":"https://oidc.vercel.com/acme","subject":"owner:acme:project:shop:environment:production","audiences":["https://vercel.com/acme"]}'",
        "tenant": "Entra does not find the tenant. Check \`tenantId\` (11111111-2222-3333-4444-555555555555) and \`authorityHost\` (https://login.microsoftonline.com): a tenant exists in one national cloud only.",
        "unknownKey": "Entra did not find the key that signed this token among the keys of the issuer 'https://oidc.vercel.com/acme'. After a key rotation, Entra can take a few minutes to see the new keys: try again. If the error persists, check that this issuer signed the token.",
        "unknownNumber": "Entra rejected the request without an AADSTS number. Read the message from Entra for the cause.",
        "unreadable": "https://login.microsoftonline.com did not return a token response: it has no usable \`access_token\`. Check whether a proxy between this process and Entra replaced the response.",
      }
    `);
  });

  it('name no value of a token that was not read', () => {
    for (const name of Object.keys(HINTS) as (keyof typeof HINTS)[])
      expect(hint(name, { presented: undefined })).not.toMatch(
        /'undefined'|oidc\.vercel\.com|az ad app .* create/,
      );
  });

  it('state the issuer mode of the project, unless the token was exchanged for another audience', () => {
    const iss = 'https://oidc.vercel.com';
    expect(hint('issuer', { presented: { ...PRESENTED, iss } })).toContain(
      'issuer mode is global; in team mode the issuer is https://oidc.vercel.com/acme',
    );
    expect(hint('issuer', { presented: { ...PRESENTED, exchanged: true } })).toContain(
      'the token always has the team issuer',
    );
  });

  it('link to the AADSTS number that Entra sent', () => {
    const failed = { status: 400, serverCode: 'AADSTS799999', fault: undefined, step: undefined };
    expect(hint('unknownNumber', { failed })).toMatch(/error\?code=799999$/);
  });
});
