/** The sentences that say what is likely wrong and what to do. Made of our words, the options and the token's claims. */

import type { PresentedToken } from '@credex/core';
import type { AwsConfiguration } from './options.js';

const GLOBAL_ISSUER = 'https://oidc.vercel.com';

/** What a hint needs to know. */
export interface HintContext {
  readonly configuration: Pick<AwsConfiguration, 'roleArn' | 'accountId' | 'durationSeconds' | 'endpoint'>;
  readonly presented: PresentedToken | undefined;
}

/** AccessDenied says the same for a role that isn't there and for a trust policy that doesn't match. */
export function accessDeniedHint({ configuration, presented }: HintContext): string {
  const issuer = providerName(presented);
  return (
    `Either the role ${configuration.roleArn} does not exist, or its trust policy does not allow this token: ` +
    `it must allow sts:AssumeRoleWithWebIdentity to the OIDC provider ${issuer}, with ` +
    `\`${issuer}:sub\` = ${shown(presented?.sub)} and \`${issuer}:aud\` = ${shownAudience(presented)}. ` +
    'Values are compared with regard to case, and `StringEquals` never matches a `*`: use `StringLike` for patterns.'
  );
}

export function issuerHint({ configuration, presented }: HintContext): string {
  return (
    `The account ${configuration.accountId} has no IAM OIDC provider for ${shown(presented?.iss)}. Create one with exactly ` +
    `this URL and the audience ${shownAudience(presented)}. ${issuerMode(presented)}`
  );
}

export function audienceHint({ configuration, presented }: HintContext): string {
  return (
    `The IAM OIDC provider ${providerName(presented)} in the account ${configuration.accountId} does not list the audience ` +
    `${shownAudience(presented)}. Add it to the provider's audiences, or ask for a listed one by the option \`audience\`. ` +
    exchangeNote(presented)
  ).trimEnd();
}

/** Since mid-2026 AWS gives one answer for both causes. */
export function unvalidatedHint({ configuration, presented }: HintContext): string {
  const { accountId, roleArn } = configuration;
  return (
    `AWS gives this answer for two causes. Either the account ${accountId} has no IAM OIDC provider with the URL ` +
    `${shown(presented?.iss)}, or that provider does not list the audience ${shownAudience(presented)}. ` +
    `Create the provider with exactly this URL and audience, or add the audience to it. ${issuerMode(presented)} ` +
    `If both are there, check the trust policy of ${roleArn}.`
  );
}

export function severalAudiencesHint({ presented }: HintContext): string {
  return (
    `The token has several audiences (${shownAudience(presented)}) and no \`azp\` claim, so AWS cannot tell which one is meant. ` +
    'Pass a token with one audience, as Vercel makes it.'
  );
}

export const MISSING_CLAIM_HINT =
  "AWS requires the claims `iss`, `aud`, `sub`, `iat` and `exp`. Pass Vercel's token as it is: it has all of them.";

/** Where the token's issuer comes from. An exchanged token says nothing about the project's own issuer mode. */
function issuerMode(presented: PresentedToken | undefined): string {
  const iss = presented?.iss;
  if (presented?.exchanged === true) {
    return (
      'The token was made for an audience of your own (option `audience`). Vercel gives such a token the team issuer, ' +
      `whatever the project's issuer mode: a provider made for ${GLOBAL_ISSUER} does not match it.`
    );
  }
  if (iss === GLOBAL_ISSUER)
    return `The project is in global issuer mode: a provider made for a team (${GLOBAL_ISSUER}/{team}) does not match its token.`;
  if (iss?.startsWith(`${GLOBAL_ISSUER}/`) === true)
    return `The project is in team issuer mode: a provider made for ${GLOBAL_ISSUER} does not match its token.`;
  return 'Vercel has two issuer modes, team and global: see the project settings.';
}

/** Asking for another audience changes the issuer of a token in global mode. */
function exchangeNote(presented: PresentedToken | undefined): string {
  if (presented?.iss !== GLOBAL_ISSUER) return '';
  return `A token of the option \`audience\` has the team issuer (${GLOBAL_ISSUER}/{team}), so AWS looks for a provider with that URL.`;
}

export function thumbprintHint({ presented }: HintContext): string {
  return `AWS did not accept the TLS certificate of ${shown(presented?.iss)}: check the thumbprints of the IAM OIDC provider.`;
}

export function keysHint({ presented }: HintContext): string {
  return `AWS could not fetch the keys of ${shown(presented?.iss)}. This passes by itself where the issuer is reachable.`;
}

export function tokenRejectedHint({ presented }: HintContext): string {
  return `AWS did not accept the token of the issuer ${shown(presented?.iss)}: pass Vercel's token as it is, and check that the IAM OIDC provider's URL is that issuer.`;
}

export function durationHint({ configuration }: HintContext): string {
  const asked =
    configuration.durationSeconds === undefined ? 'the default 3600' : String(configuration.durationSeconds);
  return `\`durationSeconds\` (${asked}) is more than the role allows: lower it, or raise the maximum session duration of ${configuration.roleArn}.`;
}

export const EXPIRED_HINT =
  'The Vercel token had expired when AWS read it. Read the token for each request (locally, run `vercel env pull`), and check the clock.';

export const NOT_YET_VALID_HINT =
  "The token is not valid yet (`nbf` or `iat`) according to AWS's clock. AWS allows five minutes: check the clock of what made the token.";

export const VALIDATION_HINT =
  'STS refused a parameter: check `roleArn`, `roleSessionName`, `durationSeconds`, `policy` and `policyArns`.';

export const POLICY_HINT =
  'The session `policy` is valid JSON, but not a valid IAM policy. Check its grammar.';

export const PACKED_POLICY_HINT =
  'The session `policy`, `policyArns` and tags are too large once packed, though short enough as text: shorten them.';

export function regionHint({ configuration }: HintContext): string {
  return `Activate the region's token service in the account ${configuration.accountId} (IAM, account settings), or pass another \`region\`.`;
}

export const THROTTLED_HINT =
  'STS throttles per account and region: share one cache, or spread over regions.';

export const REDIRECT_HINT =
  'STS does not redirect: check `endpoint` and what stands between (proxy, portal).';

export const NOT_STS_HINT =
  'The answer is not one of STS: check `endpoint` and what stands between (proxy, portal).';

export const TLS_HINT =
  'The TLS certificate was not accepted. Behind a proxy with its own authority, set NODE_EXTRA_CA_CERTS to its certificate.';

export const NAME_HINT =
  "The token service's name does not resolve: check `region`, `endpoint` and the network's DNS.";

/** `oidc.vercel.com/acme`: how IAM names the provider, in ARNs and condition keys. */
function providerName(presented: PresentedToken | undefined): string {
  const iss = presented?.iss;
  if (iss === undefined || !/^https:\/\/[\w./-]{1,200}$/.test(iss))
    return "{the token's issuer without https://}";
  return iss.slice('https://'.length);
}

function shownAudience(presented: PresentedToken | undefined): string {
  const aud = presented?.aud;
  return typeof aud === 'object' ? aud.slice(0, 5).map(shown).join(' or ') : shown(aud);
}

/** Claims are unverified text: short and printable, or not shown. */
function shown(claim: string | undefined): string {
  if (claim === undefined) return '(none)';
  return /^[\x20-\x7e]{1,300}$/.test(claim) ? `'${claim}'` : '(not printable)';
}
