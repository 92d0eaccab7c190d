/** Answers as the clouds write them: every way of the exchange reads the same credential out of each, or the same refusal. */

import { createCredentialCache } from '@credex/core';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { AWS } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import type { ByService } from '../security/canary.js';
import { STEPS, expectVerdict, labelOf, now, of, strike } from '../security/canary.js';
import { warmUp } from '../support/clouds.js';

const fixture = useFixture();
beforeAll(() => warmUp(fixture));
beforeEach(() => setDeployment());

/** An end in an hour and a little, on a whole second; AWS's roles give no more. */
const END = Math.ceil(Date.now() / 1_000) * 1_000 + 3_000_000;
const at = (decimals = ''): string => new Date(END).toISOString().replace('.000Z', `${decimals}Z`);

const keys = (end: string): string =>
  `<Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>a/+b</SecretAccessKey><SessionToken>t==</SessionToken><Expiration>${end}</Expiration></Credentials>`;
const USER = `<AssumedRoleUser><Arn>arn:aws:sts::${AWS.accountId}:assumed-role/shop-production/s</Arn></AssumedRoleUser>`;
const xml = (members: string, attributes = ''): string =>
  `<AssumeRoleWithWebIdentityResponse${attributes}><AssumeRoleWithWebIdentityResult>${members}</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
const NAMESPACE = ' xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

const TOKEN = { access_token: 'odd.token', token_type: 'Bearer', expires_in: 3_000 };
const ISSUED = { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
const json = JSON.stringify;

type Odd = Readonly<Record<string, string>>;

const BODIES: ByService<Odd> = {
  'aws-sts': {
    'as it is': xml(keys(at()) + USER, NAMESPACE),
    'without a namespace': xml(keys(at()) + USER),
    'with nanoseconds': xml(keys(at('.000000999')) + USER, NAMESPACE),
    'with an offset': xml(keys(at().replace('Z', '+00:00')) + USER, NAMESPACE),
    'with a declaration': `<?xml version="1.0" encoding="UTF-8"?>\n${xml(keys(at()) + USER, NAMESPACE)}\n`,
    'with members of tomorrow': xml(
      `<New><Deep a="b">x</Deep><Deep/></New>${keys(at())}${USER}<SourceIdentity/>`,
    ),
    'with references for characters': xml(keys(at()).replace('a/+b', 'a&#47;&#x2B;b') + USER),
    'on many lines': xml(`\n  ${keys(at())}\n  ${USER}\n`).replaceAll('><', '>\r\n\t<'),
    'in JSON': json({
      AssumeRoleWithWebIdentityResponse: {
        AssumeRoleWithWebIdentityResult: {
          AssumedRoleUser: { Arn: `arn:aws:sts::${AWS.accountId}:assumed-role/shop-production/s` },
          Credentials: {
            AccessKeyId: 'ASIAX',
            SecretAccessKey: 'a/+b',
            SessionToken: 't==',
            Expiration: END / 1_000,
          },
          New: null,
        },
      },
    }),
  },
  'gcp-sts': {
    'as it is': json({ ...TOKEN, ...ISSUED }),
    'a lifetime in text': json({ ...TOKEN, expires_in: '3000' }),
    'a type in small letters': json({ ...TOKEN, token_type: 'bearer' }),
    'members of tomorrow': json({ new: { deep: [null] }, ...TOKEN, access_boundary_session_key: 'x' }),
    'on many lines': `\n${JSON.stringify({ ...TOKEN, ...ISSUED }, null, 2)}\n`,
  },
  'gcp-iam-credentials': {
    'as it is': json({ accessToken: 'odd.token', expireTime: at() }),
    nanoseconds: json({ accessToken: 'odd.token', expireTime: at('.000000999') }),
    'an offset': json({ accessToken: 'odd.token', expireTime: at().replace('Z', '+00:00') }),
    'members of tomorrow': json({ accessToken: 'odd.token', expireTime: at(), new: [{}] }),
  },
  entra: {
    'as it is': json({ ...TOKEN, ext_expires_in: 3_000 }),
    'lifetimes in text': json({ ...TOKEN, expires_in: '3000', ext_expires_in: '3000', refresh_in: '1500' }),
    'an extended lifetime is none': json({ ...TOKEN, ext_expires_in: 80_000 }),
    'an extended lifetime that is nonsense': json({ ...TOKEN, ext_expires_in: { a: 1 } }),
    'members of tomorrow': json({ ...TOKEN, expires_on: 1, resource: null, new: { deep: [] } }),
    'a type in small letters': json({ ...TOKEN, token_type: 'bearer' }),
  },
};

const WANTED: ByService<object> = {
  'aws-sts': { accessKeyId: 'ASIAX', secretAccessKey: 'a/+b', sessionToken: 't==', accountId: AWS.accountId },
  'gcp-sts': { accessToken: 'odd.token' },
  'gcp-iam-credentials': { accessToken: 'odd.token' },
  entra: { token: 'odd.token' },
};

const cases = STEPS.flatMap((step) =>
  Object.entries(of(BODIES, step)).map(([name, body]) => [step.service, step.by, name, step, body] as const),
);

test.each(cases)('%s by %s: %s', async (_service, _by, _name, step, body) => {
  const contentType = body.trimStart().startsWith('<') ? 'text/xml' : 'application/json';
  const asked = Date.now();
  const shared = { cache: createCredentialCache() };
  const { error, credential } = await strike(
    fixture,
    step,
    { kind: 'malformed', body, contentType },
    { shared },
  );
  expect(error).toBeUndefined();
  expect(credential).toMatchObject(of(WANTED, step));
  const { expiresAt = 0 } = credential ?? {};
  const isRelative = step.service === 'gcp-sts' || step.service === 'entra';
  if (!isRelative) return expect(expiresAt).toBe(END);
  // Counted from when it was asked for; never longer than that.
  expect(expiresAt - 3_000_000).toBeGreaterThanOrEqual(asked);
  expect(expiresAt - 3_000_000).toBeLessThanOrEqual(Date.now());
});

const GONE = { code: 'target_not_found', retryable: false } as const;
const DENIED = {
  code: 'access_denied',
  serverCode: 'AccessDenied',
  serverMessage: 'No & no',
  retryable: false,
} as const;
const denied = '<Code>AccessDenied</Code><Message>No &amp; no</Message>';
const details = [
  { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED' },
  { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '40.5s' },
];

/** Refusals as the clouds write them, with all that is told of them. */
const REFUSALS: ByService<Readonly<Record<string, readonly [status: number, body: string, told: object]>>> = {
  'aws-sts': {
    'an ErrorResponse': [
      403,
      `<ErrorResponse${NAMESPACE}><Error><Type>Sender</Type>${denied}</Error></ErrorResponse>`,
      DENIED,
    ],
    'without a namespace': [
      403,
      `<ErrorResponse><Error>${denied}</Error><RequestId>r</RequestId></ErrorResponse>`,
      DENIED,
    ],
    'a bare Error': [403, `<?xml version="1.0"?>\n<Error>\n  ${denied}\n</Error>`, DENIED],
    'a bare Error with a namespace': [403, `<Error${NAMESPACE}>${denied}</Error>`, DENIED],
    'a code with its suffix': [
      400,
      '<ErrorResponse><Error><Code>PackedPolicyTooLargeException</Code><message>big</message></Error></ErrorResponse>',
      { code: 'invalid_request', serverCode: 'PackedPolicyTooLarge', serverMessage: 'big' },
    ],
    JSON: [403, json({ Error: { Code: 'AccessDenied', Message: 'No & no' }, New: [1] }), DENIED],
  },
  'gcp-sts': {
    'with a description': [
      400,
      json({ error: 'invalid_target', error_description: 'gone' }),
      { ...GONE, serverCode: 'invalid_target', serverMessage: 'gone' },
    ],
    'without one': [
      400,
      json({ error: 'invalid_target', error_uri: null, new: {} }),
      { ...GONE, serverCode: 'invalid_target' },
    ],
    'as other services of Google': [
      403,
      json({ error: { code: 403, status: 'PERMISSION_DENIED', message: 'off', details } }),
      {
        code: 'access_denied',
        serverCode: 'PERMISSION_DENIED',
        serverMessage: 'off',
        retryAfterMs: 40_500,
        hint: expect.stringContaining('gcloud services enable sts.') as string,
      },
    ],
  },
  'gcp-iam-credentials': {
    'as it is': [
      404,
      json({ error: { code: 404, status: 'NOT_FOUND', message: 'gone' } }),
      { ...GONE, serverCode: 'NOT_FOUND', serverMessage: 'gone' },
    ],
    'with details': [
      403,
      json({ error: { code: 403, status: 'PERMISSION_DENIED', message: 'off', details }, new: 1 }),
      {
        code: 'access_denied',
        retryAfterMs: 40_500,
        hint: expect.stringContaining('gcloud services enable iamcredentials.') as string,
      },
    ],
    'in the words of OAuth': [
      403,
      json({ error: 'forbidden', error_description: 'no' }),
      { code: 'access_denied', serverCode: 'forbidden', serverMessage: 'no' },
    ],
  },
  entra: {
    'as it is': [
      400,
      json({
        error: 'unauthorized_client',
        error_description: 'AADSTS700016: gone',
        error_codes: [700016],
        timestamp: 'x',
      }),
      { ...GONE, serverCode: 'AADSTS700016', serverMessage: 'AADSTS700016: gone' },
    ],
    'without the list of numbers': [
      400,
      json({ error: 'unauthorized_client', error_description: 'AADSTS700016: gone' }),
      { ...GONE, serverCode: 'AADSTS700016' },
    ],
    'without a number': [
      401,
      json({ error: 'invalid_client', suberror: null }),
      { code: 'token_rejected', serverCode: 'invalid_client' },
    ],
  },
};

const refusals = STEPS.flatMap((step) =>
  Object.entries(of(REFUSALS, step)).map(([name, refusal]) => [labelOf(step), name, step, refusal] as const),
);

test.each(refusals)('%s refuses: %s', async (_label, _name, step, [status, body, told]) => {
  const { error, struck } = await strike(fixture, step, { kind: 'status', status, body });
  expect(error).toMatchObject({ provider: step.cloud.provider, status, ...told });
  expect(struck).toBe(1);
});

/** Of three bytes each: as many characters as an answer may have bytes. */
const PADDING = '€'.repeat(100_000);
const padded = (body: string): string =>
  body.startsWith('<')
    ? body.replace('<Credentials>', `<New>${PADDING}</New><Credentials>`)
    : json({ ...(JSON.parse(body) as object), new: PADDING });

test.each(STEPS.map((step) => [labelOf(step), step] as const))(
  'a good answer of more bytes than anyone reads is none: %s',
  async (_label, step) => {
    const body = padded(of(BODIES, step)['as it is'] as string);
    const struck = await strike(fixture, step, { kind: 'malformed', body });
    expectVerdict(struck, step, now('invalid_response', 2));
  },
);
