/** Every hint as a user reads it, for one token and one role; then as it reaches the caller, with either exchanger. */

import type { HintFacts } from '@credex/core/classify';
import { describe, expect, it } from 'vitest';
import { CLAIMS, ROLE, caught, errorXml } from './aws.fixture.js';
import { HINTS } from './hints.js';
import { awsConfiguration } from './options.js';
import type { AwsConfiguration } from './types.js';

const configuration = awsConfiguration({ roleArn: ROLE, durationSeconds: 7_200 });
const NAMES_OF_HINTS = Object.keys(HINTS) as (keyof typeof HINTS)[];
const hint = (name: keyof typeof HINTS, facts: Partial<HintFacts<AwsConfiguration>> = {}): string =>
  HINTS[name]({ configuration, presented: CLAIMS, ...facts });

describe('hints', () => {
  it('read as sentences that name the values and the fix', () => {
    const failed = { status: 200, fault: 'Credentials.SessionToken is missing', step: undefined };
    const all = NAMES_OF_HINTS.map((name) => [name, hint(name, { failed })]);
    expect(Object.fromEntries(all)).toMatchInlineSnapshot(`
      {
        "audience": "The IAM OIDC provider oidc.vercel.com/acme in the account 123456789012 does not list the audience 'https://vercel.com/acme'. Add it to the provider's audiences, or pass a listed one as the option \`audience\`.",
        "certificate": "This process does not trust the server's TLS certificate. For a private CA, set NODE_EXTRA_CA_CERTS before the process starts.",
        "duration": "\`durationSeconds\` (7200) is more than the role allows. Set a smaller value, or raise the maximum session duration of arn:aws:iam::123456789012:role/app.",
        "expired": "The Vercel token had expired when AWS received it. In a Vercel Function, each new request carries a new token. On a laptop, run \`vercel env pull\`.",
        "issuer": "The account 123456789012 has no IAM OIDC provider for 'https://oidc.vercel.com/acme'. Create one with exactly this URL and the audience 'https://vercel.com/acme'. The project is in team issuer mode: a provider for https://oidc.vercel.com does not match its token.",
        "issuerUnreachable": "AWS could not fetch the keys of 'https://oidc.vercel.com/acme'. This fault is usually temporary. If it persists, check that the issuer can be reached from the internet.",
        "missingClaim": "AWS requires the claims \`iss\`, \`aud\`, \`sub\`, \`iat\` and \`exp\`. Pass the token exactly as Vercel issued it: it has all of them.",
        "name": "The host name of the token service could not be resolved. Check \`region\`, \`endpoint\` and the DNS of this network.",
        "notYetValid": "The token is not valid yet (\`nbf\` or \`iat\`) according to AWS's clock, which tolerates five minutes. Wait a moment and try again. If the error persists, check the clock of the machine that issued the token.",
        "packedPolicy": "The session \`policy\`, \`policyArns\` and tags are within the limit as text, but too large once packed. Shorten them.",
        "parameter": "STS did not accept a parameter. Check \`roleArn\`, \`roleSessionName\`, \`durationSeconds\`, \`policy\` and \`policyArns\`.",
        "policy": "The session \`policy\` is valid JSON, but not a valid IAM policy. Check its grammar.",
        "redirect": "The server returned a redirect, which STS never does. Check \`endpoint\`, and look for a proxy between this process and AWS.",
        "region": "The token service of this region is not active in the account 123456789012. Activate it (IAM, Account settings), or pass another \`region\`.",
        "rejected": "AWS did not accept the token of the issuer 'https://oidc.vercel.com/acme'. Pass the token exactly as Vercel issued it, and check that the IAM OIDC provider's URL is that issuer.",
        "severalAudiences": "The token has several audiences ('https://vercel.com/acme') and no \`azp\` claim, so AWS cannot tell which one applies. Pass a token with one audience, as Vercel issues it.",
        "throttled": "STS limits the requests per account and region. Let all providers share one \`cache\`, or pass another \`region\`.",
        "thumbprint": "AWS did not accept the TLS certificate of 'https://oidc.vercel.com/acme'. Check the thumbprints of the IAM OIDC provider.",
        "trustPolicy": "Either the role arn:aws:iam::123456789012:role/app does not exist, or its trust policy does not allow this token. The trust policy must allow sts:AssumeRoleWithWebIdentity to the OIDC provider oidc.vercel.com/acme, with \`oidc.vercel.com/acme:sub\` = 'owner:acme:project:shop:environment:production' and \`oidc.vercel.com/acme:aud\` = 'https://vercel.com/acme'. Values are case-sensitive, and \`StringEquals\` never matches a \`*\`: use \`StringLike\` for patterns.",
        "unreadable": "The server did not return a response of STS: Credentials.SessionToken is missing. Check \`endpoint\`, and check whether a proxy between this process and AWS replaced the response.",
        "unvalidated": "AWS sends this error for two causes. Either the account 123456789012 has no IAM OIDC provider with the URL 'https://oidc.vercel.com/acme', or that provider does not list the audience 'https://vercel.com/acme'. Create the provider with exactly this URL and audience, or add the audience to it. The project is in team issuer mode: a provider for https://oidc.vercel.com does not match its token. If the provider has both, check the trust policy of arn:aws:iam::123456789012:role/app.",
      }
    `);
  });

  it('name no value of a token that was not read', () => {
    for (const name of NAMES_OF_HINTS)
      expect(hint(name, { presented: undefined })).not.toMatch(/undefined|'https:\/\/oidc|acme/);
  });
});

const NO_PROVIDER = 'No OpenIDConnect provider found in your account for https://oidc.vercel.com/acme';
const UNVALIDATED =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.';

describe('the hint', () => {
  it('of a denied role names the trust-policy keys of exactly this issuer, and what the token holds', async () => {
    const [error] = await caught({ status: 403, body: errorXml('AccessDenied') });
    expect(error?.hint).toContain(
      "`oidc.vercel.com/acme:sub` = 'owner:acme:project:shop:environment:production'",
    );
    expect(error?.hint).toContain("`oidc.vercel.com/acme:aud` = 'https://vercel.com/acme'");
    expect(error?.hint).toContain('case-sensitive');
    expect(error?.hint).toContain('`StringEquals` never matches a `*`');
  });

  it('knows the global issuer mode', async () => {
    const claims = { iss: 'https://oidc.vercel.com' };
    const [denied] = await caught({ status: 403, body: errorXml('AccessDenied') }, claims);
    expect(denied?.hint).toContain('`oidc.vercel.com:sub`');
    const [unknown] = await caught(
      { status: 400, body: errorXml('InvalidIdentityToken', NO_PROVIDER) },
      claims,
    );
    expect(unknown?.hint).toContain('global issuer mode');
  });

  it('states no issuer mode of a project by a token that was exchanged for another audience', async () => {
    const claims = { aud: 'https://orders.acme.example', act: { sub: 'x' } };
    for (const message of [NO_PROVIDER, UNVALIDATED]) {
      const answer = { status: 400, body: errorXml('InvalidIdentityToken', message) };
      const [own] = await caught(answer);
      expect(own?.hint).toContain('The project is in team issuer mode');
      const [exchanged] = await caught(answer, claims);
      expect(exchanged?.hint).toContain("the team issuer, whatever the project's issuer mode");
      expect(exchanged?.hint).not.toContain('is in team issuer mode');
      expect(exchanged?.presented?.exchanged).toBe(true);
    }
  });

  it('of an audience that is not listed says what another audience does to the issuer of a global token', async () => {
    const answer = { status: 400, body: errorXml('InvalidIdentityToken', 'Incorrect token audience') };
    const [ofTeam] = await caught(answer);
    expect(ofTeam?.hint).not.toContain('team issuer');
    const [ofGlobal] = await caught(answer, { iss: 'https://oidc.vercel.com' });
    expect(ofGlobal?.hint).toContain('has the team issuer (https://oidc.vercel.com/{team})');
  });

  it('shows no claim that is not printable, and repeats nothing of the server', async () => {
    const claims = {
      iss: 'https://evil\u001b[31m',
      sub: 'a\nb',
      aud: ['x\u0000', 'https://vercel.com/acme'],
    };
    const [error] = await caught({ status: 403, body: errorXml('AccessDenied', 'SERVERTEXT') }, claims);
    expect(error?.hint).toMatch(/^[\x20-\x7e]+$/);
    expect(error?.hint).not.toContain('SERVERTEXT');
    expect(error?.hint).toContain("'x\\x00' or 'https://vercel.com/acme'");
  });
});
