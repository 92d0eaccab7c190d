/** Hints: the likely cause and the fix. They contain only options, claims of the token, and single checked values of a response. */

import type { PresentedToken } from '@credex/core';
import type { HintTable } from '@credex/core/classify';
import { otherEnvironment } from '@credex/core/classify';
import type { AwsConfiguration } from './types.js';

/** The hints of AWS alone; `CommonHint` of `@credex/core/classify` has the others. */
export type HintName =
  | 'trustPolicy'
  | 'issuer'
  | 'audience'
  | 'unvalidated'
  | 'severalAudiences'
  | 'missingClaim'
  | 'thumbprint'
  | 'issuerUnreachable'
  | 'rejected'
  | 'expired'
  | 'notYetValid'
  | 'duration'
  | 'parameter'
  | 'policy'
  | 'packedPolicy'
  | 'region'
  | 'throttled';

export const HINTS: HintTable<HintName, AwsConfiguration> = {
  // AWS sends AccessDenied both for a role that does not exist and for a trust policy that does not match.
  trustPolicy: ({ configuration, presented }) => {
    const issuer = providerName(presented);
    return (
      `Either the role ${configuration.roleArn} does not exist, or its trust policy does not allow this token. The trust ` +
      `policy must allow sts:AssumeRoleWithWebIdentity to the OIDC provider ${issuer}, with ` +
      `\`${issuer}:sub\` = ${shown(presented?.sub)} and \`${issuer}:aud\` = ${shownAudience(presented)}. ` +
      'Values are case-sensitive, and `StringEquals` never matches a `*`: use `StringLike` for patterns.' +
      otherEnvironment(presented, 'this role')
    );
  },
  issuer: ({ configuration, presented }) =>
    `The account ${configuration.accountId} has no IAM OIDC provider for ${shown(presented?.iss)}. Create one with exactly ` +
    `this URL and the audience ${shownAudience(presented)}. ${issuerMode(presented)}`,
  audience: ({ configuration, presented }) =>
    `The IAM OIDC provider ${providerName(presented)} in the account ${configuration.accountId} does not list the audience ` +
    `${shownAudience(presented)}. Add it to the provider's audiences, or pass a listed one as the option \`audience\`.` +
    exchangeNote(presented),
  // Since mid-2026 AWS sends one message for both causes.
  unvalidated: ({ configuration: { accountId, roleArn }, presented }) =>
    `AWS sends this error for two causes. Either the account ${accountId} has no IAM OIDC provider with the URL ` +
    `${shown(presented?.iss)}, or that provider does not list the audience ${shownAudience(presented)}. ` +
    `Create the provider with exactly this URL and audience, or add the audience to it. ${issuerMode(presented)} ` +
    `If the provider has both, check the trust policy of ${roleArn}.`,
  severalAudiences: ({ presented }) =>
    `The token has several audiences (${shownAudience(presented)}) and no \`azp\` claim, so AWS cannot tell which one ` +
    'applies. Pass a token with one audience, as Vercel issues it.',
  missingClaim: () =>
    'AWS requires the claims `iss`, `aud`, `sub`, `iat` and `exp`. Pass the token exactly as Vercel issued it: it has all of them.',
  thumbprint: ({ presented }) =>
    `AWS did not accept the TLS certificate of ${shown(presented?.iss)}. Check the thumbprints of the IAM OIDC provider.`,
  issuerUnreachable: ({ presented }) =>
    `AWS could not fetch the keys of ${shown(presented?.iss)}. This fault is usually temporary. If it persists, check that ` +
    'the issuer can be reached from the internet.',
  rejected: ({ presented }) =>
    `AWS did not accept the token of the issuer ${shown(presented?.iss)}. Pass the token exactly as Vercel issued it, and check ` +
    "that the IAM OIDC provider's URL is that issuer.",
  expired: () =>
    'The Vercel token had expired when AWS received it. In a Vercel Function, each new request carries a new token. ' +
    'On a laptop, run `vercel env pull`.',
  notYetValid: () =>
    "The token is not valid yet (`nbf` or `iat`) according to AWS's clock, which tolerates five minutes. Wait a moment and try " +
    'again. If the error persists, check the clock of the machine that issued the token.',
  duration: ({ configuration: { durationSeconds, roleArn } }) =>
    `\`durationSeconds\` (${durationSeconds ?? 'the default 3600'}) is more than the role allows. Set a smaller value, or ` +
    `raise the maximum session duration of ${roleArn}.`,
  parameter: () =>
    'STS did not accept a parameter. Check `roleArn`, `roleSessionName`, `durationSeconds`, `policy` and `policyArns`.',
  policy: () => 'The session `policy` is valid JSON, but not a valid IAM policy. Check its grammar.',
  packedPolicy: () =>
    'The session `policy`, `policyArns` and tags are within the limit as text, but too large once packed. Shorten them.',
  region: ({ configuration }) =>
    `The token service of this region is not active in the account ${configuration.accountId}. Activate it (IAM, Account ` +
    'settings), or pass another `region`.',
  throttled: () =>
    'STS limits the requests per account and region. Let all providers share one `cache`, or pass another `region`.',
  redirect: () =>
    'The server returned a redirect, which STS never does. Check `endpoint`, and look for a proxy between this process and AWS.',
  unreadable: ({ failed }) =>
    `The server did not return a response of STS${failed?.fault === undefined ? '' : `: ${failed.fault}`}. Check ` +
    '`endpoint`, and check whether a proxy between this process and AWS replaced the response.',
  name: () =>
    'The host name of the token service could not be resolved. Check `region`, `endpoint` and the DNS of this network.',
  certificate: () =>
    "This process does not trust the server's TLS certificate. For a private CA, set NODE_EXTRA_CA_CERTS before the process starts.",
};

const GLOBAL_ISSUER = 'https://oidc.vercel.com';

/** Where the token's issuer comes from. An exchanged token says nothing about the project's own issuer mode. */
function issuerMode(presented: PresentedToken | undefined): string {
  const iss = presented?.iss;
  if (presented?.exchanged === true) {
    return (
      'The token was requested for another audience (option `audience`). Vercel gives such a token the team issuer, ' +
      `whatever the project's issuer mode: a provider for ${GLOBAL_ISSUER} does not match it.`
    );
  }
  if (iss === GLOBAL_ISSUER)
    return `The project is in global issuer mode: a provider for a team (${GLOBAL_ISSUER}/{team}) does not match its token.`;
  if (iss?.startsWith(`${GLOBAL_ISSUER}/`) === true)
    return `The project is in team issuer mode: a provider for ${GLOBAL_ISSUER} does not match its token.`;
  return 'Vercel has two issuer modes, team and global: see the project settings.';
}

/** Another audience changes the issuer of a token in global mode. */
function exchangeNote(presented: PresentedToken | undefined): string {
  return presented?.iss === GLOBAL_ISSUER
    ? ` With the option \`audience\`, the token has the team issuer (${GLOBAL_ISSUER}/{team}), so AWS looks for a provider with that URL.`
    : '';
}

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

/** Claims arrive escaped, and cut at 256 characters. A cut one, or one that is not ASCII, is not shown as a value to copy. */
function shown(claim: string | undefined): string {
  if (claim === undefined) return '(none)';
  return /^[\x20-\x7e]{1,300}$/.test(claim) ? `'${claim}'` : '(too long or not ASCII)';
}
