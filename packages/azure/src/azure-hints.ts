/** The likely cause and the fix, with the exact values. Made of the token's claims and the options only. */

import type { PresentedToken } from '@credex/core';

export interface HintFacts {
  /** The number after `AADSTS`, where the response has one. */
  readonly number: number | undefined;
  /** What is wrong with a token answer, in words of ours. */
  readonly fault: string | undefined;
  readonly presented: PresentedToken | undefined;
  readonly tenantId: string;
  readonly clientId: string;
  readonly authorityHost: string;
}

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
  | 'redirect'
  | 'endpoint'
  | 'certificate'
  | 'unreadable';

export const HINTS: Readonly<Record<HintName, (facts: HintFacts) => string>> = {
  subject: (facts) =>
    `No federated credential of the application has the subject ${claim(facts, 'sub')}. It is compared letter by letter, ` +
    `without wildcards${missingColon(facts)}. ${remedy(facts)}`,
  subjectCase: (facts) =>
    `A federated credential has this subject in other capitals: write it as ${claim(facts, 'sub')}. ${remedy(facts)}`,
  issuer: (facts) =>
    `No federated credential of the application has the issuer ${claim(facts, 'iss')}${issuerMode(facts)}. ` +
    `It is compared letter by letter: no slash at its end. ${remedy(facts)}`,
  audience: (facts) =>
    `The federated credential's audience is not ${claim(facts, 'aud')}. Set it so, or pass ` +
    `\`audience: 'api://AzureADTokenExchange'\` (Azure's default) to have Vercel issue such a token. ${remedy(facts)}`,
  noCredential: (facts) =>
    `No federated credential of the application matches issuer ${claim(facts, 'iss')}, subject ${claim(facts, 'sub')} and ` +
    `audience ${claim(facts, 'aud')}. A new one takes some minutes until it is seen everywhere. ${remedy(facts)}`,
  noneConfigured: (facts) =>
    `The application ${facts.clientId} has no federated credential. List them: az ad app federated-credential list --id ` +
    `${facts.clientId} (of a managed identity: az identity federated-credential list). A new one can take a few ` +
    `minutes to become visible. ${remedy(facts)}`,
  entraIssuer: () =>
    'The token was issued by Entra itself. Pass the OIDC token that Vercel issued, not an access token of Azure.',
  severalAudiences: () =>
    "Entra accepts a token with one audience only. Pass `audience: 'api://AzureADTokenExchange'` to have Vercel issue such a token.",
  federationPolicy: ({ tenantId }) =>
    `A policy of tenant ${tenantId} forbids or limits workload identity federation. The issuer, subject and audience are not ` +
    'the cause. Ask the administrator of the tenant to allow this issuer.',
  crossTenant: ({ tenantId }) =>
    `A tenant restriction or a cross-tenant access policy denies access to tenant ${tenantId}. Check \`tenantId\`; ` +
    'otherwise ask the administrator of the tenant.',
  consent: ({ clientId, tenantId }) =>
    `The application ${clientId} lacks the consent of an administrator of tenant ${tenantId}: az ad app permission admin-consent --id ${clientId}`,
  expired: () =>
    'The subject token had expired when Entra read it. In a function, a new request brings a new token; ' +
    'on a laptop run `vercel env pull`.',
  notYetValid: () =>
    "The subject token is not valid yet (`nbf`) according to Entra's clock. Check the clock of the machine that issued it.",
  signature: (facts) =>
    `Entra could not verify the token's signature with the keys of ${claim(facts, 'iss')}. Pass the token exactly as ` +
    'Vercel issued it, without cutting or changing it.',
  unknownKey: (facts) =>
    `Entra does not find the key of this token among the keys that ${claim(facts, 'iss')} publishes. After a key rotation ` +
    'Entra sees new keys within minutes: try again, and check that the issuer is the one that signed the token.',
  malformed: () =>
    'Entra could not read the token as a JWT that it supports (header, algorithm or a claim). Pass the token exactly as Vercel issued it.',
  publicClient: ({ clientId }) =>
    `The application ${clientId} is registered as a public client. Use an application with "Allow public client flows" switched off.`,
  regional: () =>
    'The regional endpoint of Entra accepts no federated credentials from here. Remove the region from `authorityHost` ' +
    '(AZURE_AUTHORITY_HOST) and unset AZURE_REGIONAL_AUTHORITY_NAME.',
  loop: ({ clientId }) =>
    `Entra saw too many equal requests of application ${clientId} in a short time. Keep one provider per process instead of ` +
    'making one per call, and check what calls `forceRefresh`.',
  issuerUnreachable: (facts) =>
    `Entra could not fetch the OpenID configuration or the keys of ${claim(facts, 'iss')}. This is usually a temporary fault. ` +
    'If it stays, check that the issuer is reachable from the internet.',
  unknownNumber: ({ number }) =>
    number === undefined
      ? 'Entra rejected the request without a number. Read its message.'
      : `Entra rejected the request. Read its message, or look the number up: https://login.microsoftonline.com/error?code=${number}`,
  application: ({ clientId, tenantId }) =>
    `Check \`clientId\` (${clientId}): the application's client id, not its object id, with a service principal in ` +
    `tenant ${tenantId}. Check \`tenantId\` too.`,
  tenant: ({ tenantId, authorityHost }) =>
    `Check \`tenantId\` (${tenantId}), and \`authorityHost\` (${authorityHost}): each national cloud has tenants of its own.`,
  resource: ({ tenantId }) =>
    `The resource in \`scopes\` has no service principal in tenant ${tenantId}: check its spelling, and its cloud.`,
  scope: () => 'An application asks for `<resource>/.default`, such as https://vault.azure.net/.default.',
  disabled: ({ clientId }) => `The application ${clientId} is disabled in this tenant: enable its sign-in.`,
  assignment: ({ clientId }) =>
    `The resource asks for an assignment: give the application ${clientId} one of its app roles.`,
  conditionalAccess: ({ clientId }) =>
    `A Conditional Access policy for workload identities stopped the application ${clientId}: see its sign-in log.`,
  redirect: ({ authorityHost }) => `Check \`authorityHost\` (${authorityHost}): Entra does not redirect.`,
  endpoint: ({ authorityHost }) =>
    `There is no token endpoint at ${authorityHost}: check \`authorityHost\` (AZURE_AUTHORITY_HOST).`,
  certificate: ({ authorityHost }) =>
    `The certificate of ${authorityHost} is not trusted here. For a private CA set NODE_EXTRA_CA_CERTS, or pass ` +
    '`tlsOptions: { ca }` in the `clientOptions` of azureIdentityExchanger.',
  unreadable: ({ authorityHost, fault }) =>
    `What ${authorityHost} sent is no token answer${fault === undefined ? '' : `: ${fault}`}. Look for a proxy in between.`,
};

/** Vercel's names, URLs and audiences; anything else is not pasted into a command. */
const PLAIN = /^[\w:./@+-]{1,600}$/;

function claim({ presented }: HintFacts, name: 'iss' | 'sub' | 'aud'): string {
  const value = presented?.[name];
  const first = typeof value === 'string' ? value : value?.[0];
  return first !== undefined && PLAIN.test(first) ? `'${first}'` : `that the token's \`${name}\` names`;
}

/** The command that would have this very token accepted. */
function remedy({ presented, clientId }: HintFacts): string {
  const { iss, sub, aud } = presented ?? {};
  const audience = typeof aud === 'string' ? aud : aud?.[0];
  if (iss === undefined || sub === undefined || audience === undefined) return 'Compare the three.';
  if (![iss, sub, audience].every((value) => PLAIN.test(value))) return 'Compare the three.';
  const name = `vercel-${presented?.environment ?? 'token'}`.replace(/[^\w-]/g, '-').slice(0, 100);
  const parameters = JSON.stringify({ name, issuer: iss, subject: sub, audiences: [audience] });
  return `If it should be trusted: az ad app federated-credential create --id ${clientId} --parameters '${parameters}'`;
}

/** A known slip of the guide that most follow: `owner:acme:projectshop:environment:production`. */
function missingColon({ presented }: HintFacts): string {
  return presented?.sub?.includes(':project:') === true
    ? "; the subject in Vercel's own Azure guide lacks the colon after `project`"
    : '';
}

function issuerMode({ presented }: HintFacts): string {
  const owner = presented?.owner !== undefined && PLAIN.test(presented.owner) ? presented.owner : '{team}';
  if (presented?.exchanged === true)
    return ' (Vercel gives a token of the option `audience` the team issuer, whatever the issuer mode of the project)';
  if (presented?.iss === 'https://oidc.vercel.com')
    return ` (the project's issuer mode is global; in team mode it is https://oidc.vercel.com/${owner})`;
  if (presented?.iss?.startsWith('https://oidc.vercel.com/') === true)
    return " (the project's issuer mode is team; in global mode it is https://oidc.vercel.com)";
  return '';
}
