// Longer than 300 lines: one table, of what STS answers to a token or a role that it does not take.

import type { RecordedResponse } from './recorded-response.js';

export const ROLE = 'arn:aws:iam::123456789012:role/shop';
const ISSUER = 'https://oidc.vercel.com/acme';
const AUDIENCE = 'https://vercel.com/acme';
const SUBJECT = 'owner:acme:project:shop:environment:production';
const ACTION = 'github:aws-actions/configure-aws-credentials';
/** Another implementation of STS, held against AWS by its authors. */
const VERSITY = 'github:versity/versitygw:iamapi/controller_test.go';
const STACKD = 'github:radkawar/stackd';

/** As STS writes it. */
export const stsError = (code: string, message: string): string =>
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>\n    <Code>${code}</Code>\n    <Message>${message}</Message>\n  </Error>\n  <RequestId>26603485-0bd5-11ea-a642-b7dfa91cf04b</RequestId>\n</ErrorResponse>\n`;

export type Wanted = Omit<RecordedResponse, 'name' | 'status' | 'body' | 'source' | 'text'>;
export const never = (code: RecordedResponse['code'], ...hint: (string | RegExp)[]): Wanted => ({
  code,
  retry: 'never',
  hint,
});

const DENIED = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';
const TRUST: Wanted = never('access_denied', ROLE, SUBJECT, AUDIENCE, 'does not exist, or its trust policy');

const denied = (name: string, source: string, emulated?: string): RecordedResponse => ({
  name: `AccessDenied: ${name}`,
  status: 403,
  body: stsError('AccessDenied', DENIED),
  source,
  text: source === VERSITY ? 'implemented' : 'recorded',
  ...TRUST,
  ...(emulated === undefined ? {} : { emulated }),
});

const identityToken = (
  name: string,
  source: string,
  message: string,
  wanted: Wanted,
  code = 'InvalidIdentityToken',
): RecordedResponse => ({
  name: `${code}: ${name}`,
  status: 400,
  body: stsError(code, message),
  source,
  text: source.startsWith(STACKD) || source === VERSITY ? 'implemented' : 'recorded',
  ...wanted,
});

const NOT_VALIDATED =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.';
/** Both causes, with the URL and the audience to register. */
const BOTH: Wanted = {
  ...never(
    'token_rejected',
    `no IAM OIDC provider with the URL '${ISSUER}'`,
    `does not list the audience '${AUDIENCE}'`,
    '123456789012',
    ROLE,
  ),
  not: /signature/,
};

const NO_PROVIDER = (issuer: string) => `No OpenIDConnect provider found in your account for ${issuer}`;
const ISSUER_WANTED: Wanted = { ...never('issuer_mismatch', ISSUER, AUDIENCE), not: /signature/ };
const AUDIENCE_WANTED: Wanted = { ...never('audience_mismatch', AUDIENCE), not: /signature|thumbprint/ };
const THUMBPRINT = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint";
const THUMBPRINT_WANTED: Wanted = never('token_rejected', 'thumbprints', ISSUER);
const KEY =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";
const KEY_WANTED: Wanted = {
  code: 'unavailable',
  retry: 'now',
  retriesAtMost: 2,
  hint: ['could not fetch the keys', ISSUER],
};
const EXPIRED: Wanted = { code: 'subject_token_expired', retry: 'fresh-subject', hint: ['vercel env pull'] };
const expired = (name: string, source: string, message: string, emulated?: string): RecordedResponse =>
  identityToken(
    name,
    source,
    message,
    emulated === undefined ? EXPIRED : { ...EXPIRED, emulated },
    'ExpiredTokenException',
  );

export const AWS_TOKENS: readonly RecordedResponse[] = [
  denied('a role of another account', `${ACTION}#1293`, 'another subject'),
  denied('a trust policy as the documents give it', `${ACTION}#1446`),
  denied('a role for GitHub actions', `${ACTION}#690`),
  denied('a condition on a claim without a condition key', `${ACTION}#306`, 'a claim without a key'),
  denied('a slug in other letters', `${ACTION}#318`, 'a subject in other letters'),
  denied('the JavaScript SDK in a pod', 'github:aws/aws-sdk-js-v3#6225'),
  denied('the .NET SDK in a pod', 'github:aws/aws-sdk-net#1522'),
  denied('no such role', VERSITY, 'no such role'),
  denied('an explicit Deny', `${VERSITY}`, 'an explicit deny'),

  identityToken('since mid-2026, no provider', 'github:brxponance/tool', NOT_VALIDATED, {
    ...BOTH,
    emulated: 'no identity provider',
  }),
  identityToken(
    'since mid-2026, a first deployment',
    'github:sanduaws17767-oss/aws-ship-it',
    NOT_VALIDATED,
    BOTH,
  ),
  identityToken('since mid-2026, another issuer', VERSITY, NOT_VALIDATED, {
    ...BOTH,
    emulated: 'another issuer',
  }),
  identityToken('since mid-2026, another audience', VERSITY, NOT_VALIDATED, {
    ...BOTH,
    emulated: 'another audience',
  }),
  identityToken('since mid-2026, a provider without client ids', VERSITY, NOT_VALIDATED, {
    ...BOTH,
    emulated: 'no client ids',
  }),
  identityToken('since mid-2026, a condition that does not hold', VERSITY, NOT_VALIDATED, BOTH),

  identityToken(
    'before, no provider for GitHub',
    `${ACTION}#721`,
    NO_PROVIDER('https://token.actions.githubusercontent.com'),
    ISSUER_WANTED,
  ),
  identityToken(
    'before, the issuer had moved',
    `${ACTION}#280`,
    NO_PROVIDER('https://token.actions.githubusercontent.com'),
    ISSUER_WANTED,
  ),
  identityToken(
    'before, the issuer had a new name',
    'github:treeverse/dvc.org#5273',
    NO_PROVIDER('https://studio.dvc.ai/api'),
    ISSUER_WANTED,
  ),
  identityToken(
    'before, a role of an unknown account',
    'github:mozilla-iam/mozilla-aws-cli#127',
    NO_PROVIDER('https://auth.mozilla.auth0.com/'),
    ISSUER_WANTED,
  ),
  identityToken(
    'before, a cluster in China',
    'github:aws/aws-sdk-js-v3#5083',
    NO_PROVIDER('https://oidc.eks.cn-north-1.amazonaws.com.cn/id/ID'),
    ISSUER_WANTED,
  ),
  identityToken(
    'before, a cluster without provider',
    'github:namespacelabs/foundation#801',
    NO_PROVIDER('https://oidc.eks.eu-central-1.amazonaws.com/id/ID'),
    ISSUER_WANTED,
  ),
  identityToken(
    'before, an init container',
    'github:aws-samples/aws-secret-sidecar-injector#30',
    'No OpenIDConnect provider found in account',
    ISSUER_WANTED,
  ),

  identityToken(
    'before, sts.amazon.com for sts.amazonaws.com',
    'github:awslabs/amazon-eks-irsa-cfn#18',
    'Incorrect token audience',
    AUDIENCE_WANTED,
  ),
  identityToken(
    'before, the audience of a workflow',
    `${ACTION}#1309`,
    'Incorrect token audience',
    AUDIENCE_WANTED,
  ),
  identityToken(
    'before, after the thumbprints were changed',
    `${ACTION}#775`,
    'Incorrect token audience',
    AUDIENCE_WANTED,
  ),
  identityToken(
    'before, a role made by a construct',
    'github:guardian/cdk#1944',
    'Incorrect token audience',
    AUDIENCE_WANTED,
  ),
  identityToken(
    'before, a token of Google for Bedrock',
    'github:BerriAI/litellm#31412',
    'Incorrect token audience',
    AUDIENCE_WANTED,
  ),
  identityToken(
    'before, an access token of Entra',
    'github:aws/aws-sdk-net#3071',
    'Incorrect token audience',
    AUDIENCE_WANTED,
  ),

  identityToken('a new certificate of the issuer', `${ACTION}#357`, THUMBPRINT, THUMBPRINT_WANTED),
  identityToken('a second certificate of the issuer', `${ACTION}#762`, THUMBPRINT, THUMBPRINT_WANTED),
  identityToken('some of the certificates', `${ACTION}#757`, THUMBPRINT, THUMBPRINT_WANTED),
  identityToken('a certificate that rolled over', `${ACTION}#356`, THUMBPRINT, THUMBPRINT_WANTED),
  identityToken(
    'a cluster after months',
    'github:terraform-aws-modules/terraform-aws-eks#2542',
    THUMBPRINT,
    THUMBPRINT_WANTED,
  ),

  identityToken('keys in an outage', 'github:awslabs/aws-sdk-rust#827', KEY, KEY_WANTED),
  identityToken('keys, now and then', 'github:aws/aws-cli#7194', KEY, {
    ...KEY_WANTED,
    emulated: 'an unpublished key',
  }),
  identityToken('keys, with many requests at once', `${ACTION}#299`, KEY, KEY_WANTED),
  identityToken(
    'keys, in small letters',
    'github:aws/aws-sdk-php#1725',
    KEY.replace('Couldn', 'couldn'),
    KEY_WANTED,
  ),
  identityToken('keys behind a private address', VERSITY, KEY, KEY_WANTED),

  identityToken('no audience', 'github:aws/aws-sdk-ruby#2698', 'Missing a required claim: aud', {
    ...never('token_rejected', '`aud`'),
    emulated: 'no audience',
  }),
  identityToken(
    'no JWT',
    VERSITY,
    'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    { ...never('token_rejected', 'exactly as Vercel issued it'), emulated: 'no JWT' },
  ),
  identityToken(
    'two audiences',
    'github:versity/versitygw:iamapi/internal/iamutil/webidentity_test.go',
    'Token audience contains more than one audience while authorized party is not present',
    { ...never('audience_mismatch', '`azp`'), emulated: 'two audiences' },
  ),
  identityToken(
    'issued in the future',
    STACKD,
    'Token issued in the future.',
    never('subject_token_not_yet_valid', '`iat`'),
  ),
  identityToken('a roles claim of another form', STACKD, 'The roles claim is not in a supported format', {
    ...never('token_rejected', ISSUER),
    emulated: 'a roles claim of another form',
  }),

  expired(
    'a notebook, 198 seconds late',
    'github:awslabs/aws-orbit-workbench#707',
    'Token expired: current date/time 1624482533 must be before the expiration date/time1624482335',
  ),
  expired(
    'a notebook, a day late',
    'github:awslabs/aws-orbit-workbench#771',
    'Token expired: current date/time 1626271164 must be before the expiration date/time1626191469',
  ),
  expired(
    'a token of Entra',
    'github:aws/aws-sdk-java-v2#5709',
    'Token expired: current date/time 1731098245 must be before the expiration date/time 1731095240',
    'an expired token',
  ),
  expired('an age that AWS does not take', 'github:mozilla-iam/mozilla-aws-cli#146', 'Token too old: 441398'),
  {
    name: 'ExpiredTokenException as JSON',
    status: 400,
    body: {
      Error: {
        Code: 'ExpiredTokenException',
        Message:
          'Token expired: current date/time 1740387458 must be before the expiration date/time 1740319004',
        Type: 'Sender',
      },
      RequestId: '989dcb5c-a58e-492b-0000-000000000000',
    },
    source: 'github:envoyproxy/envoy',
    text: 'recorded',
    ...EXPIRED,
  },
];
