import type { FederationErrorCode, PresentedToken } from '@credex/core';
import { ResponseError } from '@credex/core/internal';
import { describe, expect, it } from 'vitest';
import { getAwsCredentials } from './aws-credentials-provider.js';
import { awsConfiguration } from './options.js';
import { CLAIMS, ROLE, caught, errorXml, isolated, recordingFetch, rejection } from './aws.fixture.js';
import { SERVER_CODES, classifyAwsError } from './classify-aws-error.js';

const configuration = awsConfiguration({ roleArn: ROLE, durationSeconds: 7_200 });
const classify = (error: unknown, presented: PresentedToken | undefined) =>
  classifyAwsError(error, presented, configuration);
const presented = { iss: CLAIMS.iss, aud: CLAIMS.aud, sub: CLAIMS.sub };

const MISSING_KEY =
  "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements";
const NO_PROVIDER = 'No OpenIDConnect provider found in your account for https://oidc.vercel.com/acme';
const UNVALIDATED =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.';
const SEVERAL_AUDIENCES =
  'Token audience contains more than one audience while authorized party is not present';
const DURATION = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';

type Row = [
  serverCode: string,
  status: number,
  message: string,
  code: FederationErrorCode,
  retryable: boolean,
  hint: string,
];

const rows: Row[] = [
  ['AccessDenied', 403, 'Not authorized', 'access_denied', false, `the role ${ROLE} does not exist`],
  ['ExpiredTokenException', 400, 'Token expired', 'subject_token_expired', false, 'vercel env pull'],
  ['ExpiredToken', 400, 'Token expired', 'subject_token_expired', false, 'vercel env pull'],
  ['IDPCommunicationErrorException', 400, 'x', 'unavailable', true, 'keys of'],
  ['IDPCommunicationError', 400, 'x', 'unavailable', true, 'keys of'],
  ['IDPRejectedClaimException', 403, 'x', 'token_rejected', false, 'did not accept the token'],
  ['InvalidIdentityTokenException', 400, MISSING_KEY, 'unavailable', true, 'keys of'],
  ['InvalidIdentityToken', 400, 'Incorrect token audience', 'audience_mismatch', false, CLAIMS.aud],
  ['InvalidIdentityTokenException', 400, NO_PROVIDER, 'issuer_mismatch', false, 'team issuer mode'],
  [
    'InvalidIdentityToken',
    400,
    "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
    'token_rejected',
    false,
    'thumbprints',
  ],
  [
    'InvalidIdentityToken',
    400,
    'Token not yet valid: current date/time 1764 must be after the not before date/time 1765',
    'subject_token_not_yet_valid',
    false,
    'not valid yet',
  ],
  [
    'InvalidIdentityToken',
    400,
    UNVALIDATED,
    'token_rejected',
    false,
    `does not list the audience '${CLAIMS.aud}'`,
  ],
  ['InvalidIdentityToken', 400, UNVALIDATED, 'token_rejected', false, `with the URL '${CLAIMS.iss}'`],
  ['InvalidIdentityToken', 400, UNVALIDATED, 'token_rejected', false, `check the trust policy of ${ROLE}`],
  ['InvalidIdentityToken', 400, SEVERAL_AUDIENCES, 'audience_mismatch', false, '`azp`'],
  [
    'InvalidIdentityToken',
    400,
    'Token issued in the future: current date/time 1764 must be after 1765',
    'subject_token_not_yet_valid',
    false,
    '`iat`',
  ],
  [
    'InvalidIdentityToken',
    400,
    'Missing a required claim: aud',
    'token_rejected',
    false,
    'requires the claims',
  ],
  ['InvalidIdentityToken', 400, 'Something new', 'token_rejected', false, CLAIMS.iss],
  [
    'ValidationError',
    400,
    DURATION,
    'invalid_request',
    false,
    '`durationSeconds` (7200) is more than the role allows',
  ],
  ['ValidationError', 400, 'Request ARN is invalid', 'invalid_request', false, '`roleArn`'],
  ['MalformedPolicyDocumentException', 400, 'x', 'invalid_request', false, '`policy`'],
  ['PackedPolicyTooLargeException', 400, 'x', 'invalid_request', false, 'too large once packed'],
  ['RegionDisabledException', 403, 'x', 'region_disabled', false, 'Activate'],
  ['Throttling', 400, 'Rate exceeded', 'throttled', true, 'limits the requests'],
  ['ThrottlingException', 400, 'Rate exceeded', 'throttled', true, 'limits the requests'],
  ['RequestLimitExceeded', 503, 'x', 'throttled', true, 'limits the requests'],
  ['TooManyRequestsException', 429, 'x', 'throttled', true, 'limits the requests'],
  ['ServiceUnavailable', 503, 'x', 'unavailable', true, ''],
  ['InternalFailure', 500, 'x', 'unavailable', true, ''],
  ['RequestTimeout', 400, 'x', 'timeout', true, ''],
  ['SomethingNew', 500, 'x', 'unavailable', true, ''],
  ['SomethingNew', 403, 'x', 'access_denied', false, ''],
  ['SomethingNew', 400, 'x', 'invalid_request', false, ''],
  ['constructor', 400, 'x', 'invalid_request', false, ''],
];

describe('what STS says', () => {
  it.each(rows)('%s (%i, %s) is %s', async (serverCode, status, message, code, retryable, hint) => {
    for (const error of await caught({ status, body: errorXml(serverCode, message) })) {
      expect(error).toMatchObject({ code, retryable, status, provider: 'aws', serverMessage: message });
      expect(error.serverCode).toBe(serverCode.replace(/Exception$/, ''));
      expect(error.hint ?? '').toContain(hint);
    }
  });

  it('is read from a bare <Error> as well', async () => {
    const body =
      '<Error><Code>AccessDenied</Code><Message>No &lt;you&gt; &amp; &#39;me&#x27;</Message></Error>';
    for (const error of await caught({ status: 403, body })) {
      expect(error).toMatchObject({ code: 'access_denied', serverMessage: "No <you> & 'me'" });
    }
  });

  it('is read from a response with a namespace prefix, and with a bare ampersand', async () => {
    const body =
      '<Error xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Code>AccessDenied</Code><Message>a & b &nbsp; &#0;</Message></Error>';
    for (const error of await caught({ status: 403, body }))
      expect(error).toMatchObject({ code: 'access_denied', serverMessage: 'a & b &nbsp; &#0;' });
  });

  it.each<[number, string, FederationErrorCode, boolean]>([
    [500, '', 'unavailable', true],
    [502, '<html>bad gateway', 'unavailable', true],
    [503, '{"message":"x"}', 'unavailable', true],
    [429, '', 'throttled', true],
    [301, '', 'redirect_refused', false],
    [307, '', 'redirect_refused', false],
    [403, '<html><body>Blocked by policy</body></html>', 'invalid_response', false],
    [404, 'not here', 'invalid_response', false],
    [400, '{"error":"invalid_grant"}', 'invalid_response', false],
    [200, '', 'invalid_response', true],
    [200, '<html>Sign in to the network', 'invalid_response', true],
    [200, '<html></html>', 'invalid_response', true],
  ])('%i with %j is not the word of STS: %s', async (status, body, code, retryable) => {
    for (const error of await caught({ status, body, headers: { location: 'https://evil.example/' } })) {
      expect(error).toMatchObject({ code, retryable });
      expect(error.message).not.toMatch(/Sign in|Blocked|evil/);
    }
  });

  it('asks for the time that Retry-After names', async () => {
    // Longer than the exchange may take: nothing is tried again.
    const answer = { status: 400, headers: { 'Retry-After': '30' }, body: errorXml('Throttling') };
    for (const error of await caught(answer)) expect(error.retryAfterMs).toBe(30_000);
  });
});

describe('what a socket says', () => {
  const coded = (code: string, more: object = {}): Error =>
    Object.assign(new Error(`x ${code}`), { code, ...more });
  const named = (name: string): Error => Object.assign(new Error('x'), { name });

  it.each<[unknown, FederationErrorCode, RegExp | undefined]>([
    [coded('ECONNREFUSED'), 'network', undefined],
    [coded('ECONNRESET'), 'network', undefined],
    [coded('EPIPE'), 'network', undefined],
    [coded('ENOTFOUND'), 'network', /could not be resolved/],
    [coded('EAI_AGAIN'), 'network', /could not be resolved/],
    [coded('SELF_SIGNED_CERT_IN_CHAIN'), 'network', /NODE_EXTRA_CA_CERTS/],
    [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'network', /NODE_EXTRA_CA_CERTS/],
    [coded('CERT_HAS_EXPIRED'), 'network', /NODE_EXTRA_CA_CERTS/],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'network', /NODE_EXTRA_CA_CERTS/],
    [coded('EPROTO'), 'network', undefined],
    [coded('ETIMEDOUT'), 'timeout', undefined],
    [named('TimeoutError'), 'timeout', undefined],
    [named('AbortError'), 'timeout', undefined],
    [new DOMException('x', 'TimeoutError'), 'timeout', undefined],
    [new TypeError('fetch failed', { cause: coded('ECONNREFUSED') }), 'network', undefined],
    [new TypeError('fetch failed', { cause: coded('DEPTH_ZERO_SELF_SIGNED_CERT') }), 'network', /NODE_EXTRA/],
    [new TypeError('fetch failed'), 'network', undefined],
    [new AggregateError([coded('EHOSTUNREACH')]), 'network', undefined],
    [coded('ECONNREFUSED', { $metadata: { attempts: 1, totalRetryDelay: 0 } }), 'network', undefined],
  ])('%s: %s', (error, code, hint) => {
    const classified = classify(error, presented);
    expect(classified).toMatchObject({ code, retry: 'now' });
    expect(classified.hint ?? '').toMatch(hint ?? /^$/);
  });

  it.each([undefined, null, 'text', 42, {}, new Error('x'), new RangeError('x'), Object.create(null)])(
    'anything else is unknown, and nothing makes it throw: case %#',
    (error) => {
      expect(classify(error, undefined)).toMatchObject({ code: 'unknown', retry: 'never' });
    },
  );
});

describe('how a failure is met', () => {
  it.each(SERVER_CODES)('%s has one meaning, whatever the status is', (code) => {
    const classes = [400, 403, 500].map((status) =>
      classify(new ResponseError({ status, headers: {}, body: errorXml(code) }), presented),
    );
    expect(new Set(classes.map(({ code, retry }) => `${code} ${retry}`)).size).toBe(1);
    expect(classes[0]?.serverCode).toBe(code);
  });

  it.each([
    [{ status: 400, headers: {}, body: errorXml('ExpiredTokenException') }, { retry: 'fresh-subject' }],
    [
      { status: 400, headers: {}, body: errorXml('Throttling') },
      { retry: 'now', throttled: true },
    ],
    [{ status: 400, headers: {}, body: errorXml('InvalidIdentityToken', MISSING_KEY) }, { retriesAtMost: 2 }],
    [
      { status: 200, headers: {}, body: 'x' },
      { retry: 'now', retriesAtMost: 1 },
    ],
  ])('case %#', (response, expected) => {
    expect(classify(new ResponseError(response), presented)).toMatchObject(expected);
  });

  it('tries what passes again, and what does not pass never', async () => {
    for (const [code, attempts] of [
      ['IDPCommunicationError', 3],
      ['AccessDenied', 1],
    ] as const) {
      const { sent, fetch } = recordingFetch(() => ({ status: 400, body: errorXml(code) }));
      await rejection(getAwsCredentials(isolated({ fetch, region: 'eu-west-1' })));
      expect(sent).toHaveLength(attempts);
    }
  });
});
