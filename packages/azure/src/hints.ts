/** Hints: the likely cause and the fix. They contain only options, claims of the token, and single checked values of a response. */

import type { HintFacts, HintTable } from '@credex/core/classify';
import { otherEnvironment } from '@credex/core/classify';
import type { AzureConfiguration } from './types.js';

type Facts = HintFacts<AzureConfiguration>;

export type HintName =
  | 'subject'
  | 'subjectCase'
  | 'issuer'
  | 'audience'
  | 'noCredential'
  | 'noneConfigured'
  | 'entraIssuer'
  | 'severalAudiences'
  | 'federationPolicy'
  | 'crossTenant'
  | 'consent'
  | 'unknownKey'
  | 'malformed'
  | 'publicClient'
  | 'regional'
  | 'loop'
  | 'issuerUnreachable'
  | 'unknownNumber'
  | 'expired'
  | 'notYetValid'
  | 'signature'
  | 'application'
  | 'tenant'
  | 'resource'
  | 'scope'
  | 'disabled'
  | 'assignment'
  | 'conditionalAccess'
  | 'endpoint';

export const HINTS: HintTable<HintName, AzureConfiguration> = {
  subject: (facts) =>
    `No federated credential of the application has the subject ${claim(facts, 'sub')}. The subject must match exactly; ` +
    `wildcards are not supported${missingColon(facts)}. ${remedy(facts)}`,
  subjectCase: (facts) =>
    'A federated credential of the application has this subject with different upper and lower case. Change it to exactly ' +
    `${claim(facts, 'sub')}, or create another federated credential. ${remedy(facts)}`,
  issuer: (facts) =>
    `No federated credential of the application has the issuer ${claim(facts, 'iss')}${issuerMode(facts)}. ` +
    `The issuer must match exactly, without a slash at the end. ${remedy(facts)}`,
  audience: (facts) =>
    `The token's audience is ${claim(facts, 'aud')}, but the federated credential has another one. Set the audience of the ` +
    `federated credential to this value, or pass \`audience: 'api://AzureADTokenExchange'\` (Azure's default) to get a ` +
    'token with that audience from Vercel. To change the federated credential, run: az ad app federated-credential update ' +
    `--id ${facts.configuration.clientId} (for a managed identity: az identity federated-credential update).`,
  noCredential: (facts) =>
    `No federated credential of the application matches issuer ${claim(facts, 'iss')}, subject ${claim(facts, 'sub')} and ` +
    `audience ${claim(facts, 'aud')}. A new federated credential can take a few minutes to become visible. ${remedy(facts)}`,
  noneConfigured: (facts) =>
    `The application ${facts.configuration.clientId} has no federated credential. To list them, run: az ad app federated-credential list ` +
    `--id ${facts.configuration.clientId} (for a managed identity: az identity federated-credential list). A new federated credential ` +
    `can take a few minutes to become visible. ${remedy(facts)}`,
  entraIssuer: () =>
    'The token was issued by Entra. Pass the OIDC token that Vercel issued, not an Azure access token.',
  severalAudiences: () =>
    'The token has several audiences; Entra accepts a token with one audience only. ' +
    "Pass `audience: 'api://AzureADTokenExchange'` to get such a token from Vercel.",
  federationPolicy: ({ configuration: { tenantId } }) =>
    `A policy of tenant ${tenantId} blocks or restricts workload identity federation. The issuer, subject and audience are ` +
    'not the cause. Ask the administrator of the tenant to allow this issuer.',
  crossTenant: ({ configuration: { tenantId } }) =>
    `A tenant restriction or a cross-tenant access policy denies access to tenant ${tenantId}. Check \`tenantId\`; ` +
    'otherwise ask the administrator of the tenant.',
  consent: ({ configuration: { clientId, tenantId } }) =>
    `The application ${clientId} has no admin consent in tenant ${tenantId}. An administrator of the tenant can grant it: ` +
    `az ad app permission admin-consent --id ${clientId}`,
  expired: () =>
    'The token had expired when Entra received it. In a Vercel Function, each new request carries a new token. ' +
    'On a laptop, run `vercel env pull`.',
  notYetValid: () =>
    "The token is not valid yet (`nbf`) according to Entra's clock. Wait a moment and try " +
    'again. If the error persists, check the clock of the machine that issued the token.',
  signature: (facts) =>
    `Entra could not verify the token's signature with the keys of the issuer ${claim(facts, 'iss')}. Pass the token ` +
    'exactly as Vercel issued it.',
  unknownKey: (facts) =>
    `Entra did not find the key that signed this token among the keys of the issuer ${claim(facts, 'iss')}. After a key ` +
    'rotation, Entra can take a few minutes to see the new keys: try again. If the error persists, check that this issuer ' +
    'signed the token.',
  malformed: () =>
    'Entra could not read the token as a JWT: its header, its algorithm or a claim is not supported. ' +
    'Pass the token exactly as Vercel issued it.',
  publicClient: ({ configuration: { clientId } }) =>
    `The application ${clientId} is registered as a public client. Set "Allow public client flows" to No in its ` +
    'Authentication settings, or use another application.',
  regional: () =>
    'The regional endpoint of Entra does not accept this federated credential. Remove the region from `authorityHost` ' +
    '(AZURE_AUTHORITY_HOST) and unset AZURE_REGIONAL_AUTHORITY_NAME.',
  loop: ({ configuration: { clientId } }) =>
    `Entra received too many identical requests from application ${clientId} in a short time. Create one provider per ` +
    'process instead of one per call, and check which code passes `forceRefresh`.',
  issuerUnreachable: (facts) =>
    `Entra could not fetch the OpenID configuration or the keys of the issuer ${claim(facts, 'iss')}. This fault is usually ` +
    'temporary. If it persists, check that the issuer can be reached from the internet.',
  unknownNumber: ({ failed }) => {
    const [, number] = /^AADSTS(\d+)$/.exec(failed?.serverCode ?? '') ?? [];
    return number === undefined
      ? 'Entra rejected the request without an AADSTS number. Read the message from Entra for the cause.'
      : `Entra rejected the request. Read the message from Entra, or look the number up: https://login.microsoftonline.com/error?code=${number}`;
  },
  application: ({ configuration: { clientId, tenantId } }) =>
    `Entra does not find the application. Check \`clientId\` (${clientId}): it must be the application's client id, not its ` +
    `object id, and the application needs a service principal in tenant ${tenantId}. Check \`tenantId\` as well.`,
  tenant: ({ configuration: { tenantId, authorityHost } }) =>
    `Entra does not find the tenant. Check \`tenantId\` (${tenantId}) and \`authorityHost\` (${authorityHost}): a tenant ` +
    'exists in one national cloud only.',
  resource: ({ configuration: { tenantId } }) =>
    `The resource in \`scopes\` has no service principal in tenant ${tenantId}. Check its spelling, and check that it ` +
    'belongs to the same national cloud as the tenant.',
  scope: () =>
    'Entra does not accept `scopes`. Set it to `<resource>/.default`, such as https://vault.azure.net/.default: an application ' +
    'can request no other scope.',
  disabled: ({ configuration: { clientId, tenantId } }) =>
    `Sign-in is disabled for the application ${clientId} in tenant ${tenantId}. Enable it in the Azure portal: Enterprise applications, Properties.`,
  assignment: ({ configuration: { clientId } }) =>
    `The resource accepts only applications that have one of its app roles. Assign an app role to the application ${clientId}.`,
  conditionalAccess: ({ configuration: { clientId } }) =>
    `A Conditional Access policy for workload identities blocked the application ${clientId}. Its sign-in log ` +
    '(Microsoft Entra admin center, Service principal sign-ins) names the policy. Exclude the application from that policy, or ' +
    'run where the policy allows it.',
  redirect: ({ configuration: { authorityHost } }) =>
    `${authorityHost} returned a redirect, which Entra never does. Check \`authorityHost\` (AZURE_AUTHORITY_HOST), and look ` +
    'for a proxy between this process and Entra.',
  endpoint: ({ configuration: { authorityHost } }) =>
    `There is no token endpoint at ${authorityHost}. Check \`authorityHost\` (AZURE_AUTHORITY_HOST).`,
  name: ({ configuration: { authorityHost } }) =>
    `The host name of ${authorityHost} could not be resolved. Check \`authorityHost\` (AZURE_AUTHORITY_HOST) and the DNS of ` +
    'this network.',
  certificate: ({ configuration: { authorityHost } }) =>
    `This process does not trust the TLS certificate of ${authorityHost}. For a private CA, set NODE_EXTRA_CA_CERTS, or pass ` +
    '`tlsOptions: { ca }` in the `clientOptions` of azureIdentityExchanger.',
  unreadable: ({ configuration: { authorityHost }, failed }) =>
    `${authorityHost} did not return a token response: ${failed?.fault ?? 'it cannot be read'}. Check whether a proxy between this process and Entra ` +
    'replaced the response.',
};

/** The characters of Vercel's names, URLs and audiences. A value with any other character is not put into a command. */
const PLAIN = /^[\w:./@+-]{1,600}$/;

function claim({ presented }: Facts, name: 'iss' | 'sub' | 'aud'): string {
  const value = presented?.[name];
  const first = typeof value === 'string' ? value : value?.[0];
  return first !== undefined && PLAIN.test(first) ? `'${first}'` : `in the token's \`${name}\` claim`;
}

/** The command that makes Entra accept this token. */
function remedy({ presented, configuration: { clientId } }: Facts): string {
  const { iss, sub, aud } = presented ?? {};
  const audience = typeof aud === 'string' ? aud : aud?.[0];
  if (iss === undefined || sub === undefined || audience === undefined) return COMPARE;
  if (![iss, sub, audience].every((value) => PLAIN.test(value))) return COMPARE;
  const name = `vercel-${presented?.environment ?? 'token'}`.replace(/[^\w-]/g, '-').slice(0, 100);
  const parameters = JSON.stringify({ name, issuer: iss, subject: sub, audiences: [audience] });
  const separate = otherEnvironment(presented, `the application ${clientId}`).trimStart();
  const create = `To trust this token, run: az ad app federated-credential create --id ${clientId} --parameters '${parameters}'`;
  return separate === '' ? create : `${separate} ${create}`;
}

const COMPARE =
  'Compare the issuer, subject and audience of the token with those of the federated credential.';

/** Vercel's Azure guide writes `owner:acme:projectshop:environment:production`, without the second colon. */
function missingColon({ presented }: Facts): string {
  return presented?.sub?.includes(':project:') === true
    ? ". Note that the example in Vercel's Azure guide lacks the colon after `project`"
    : '';
}

function issuerMode({ presented }: Facts): string {
  const owner = presented?.owner !== undefined && PLAIN.test(presented.owner) ? presented.owner : '{team}';
  if (presented?.exchanged === true)
    return ' (with the option `audience`, the token always has the team issuer, whatever the issuer mode of the project)';
  if (presented?.iss === 'https://oidc.vercel.com')
    return ` (the project's issuer mode is global; in team mode the issuer is https://oidc.vercel.com/${owner})`;
  if (presented?.iss?.startsWith('https://oidc.vercel.com/') === true)
    return " (the project's issuer mode is team; in global mode the issuer is https://oidc.vercel.com)";
  return '';
}
