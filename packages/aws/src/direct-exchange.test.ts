import { FederationError } from '@credex/core';
import { transportOf } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import { describe, expect, it } from 'vitest';
import { awsCredentialsProvider } from './aws-credentials-provider.js';
import type { AwsCredentialsProviderOptions } from './options.js';
import { NOW, errorXml, isolated, issuedXml, recordingFetch, rejection, subjectJwt } from './aws.fixture.js';
import type { Answer } from './aws.fixture.js';
import { awsConfiguration } from './options.js';
import { directExchanger } from './direct-exchange.js';

function setUp(answer?: Answer, options: AwsCredentialsProviderOptions = {}) {
  const { sent, fetch } = recordingFetch(answer === undefined ? undefined : () => answer);
  const provider = awsCredentialsProvider(
    isolated({ region: 'eu-west-1', exchanger: directExchanger, fetch, ...options }),
  );
  return { sent, provider };
}

const refusal = async (answer: Answer): Promise<FederationError> =>
  (await rejection(setUp(answer).provider())) as FederationError;

describe('what is sent', () => {
  it('is one POST, its fields in order and percent-encoded', async () => {
    const { sent, provider } = setUp(undefined, {
      roleSessionName: 'a+b=c,d.e@f-g_h',
      policy: { Statement: [], Sid: "é !'()*~\n" },
      policyArns: ['arn:aws:iam::aws:policy/B', 'arn:aws:iam::aws:policy/A'],
      durationSeconds: 900,
    });
    await provider();
    expect(sent.map(({ url }) => url.href)).toEqual(['https://sts.eu-west-1.amazonaws.com/']);
    expect(sent[0]?.headers).toEqual({ 'content-type': 'application/x-www-form-urlencoded' });
    expect(sent[0]?.body).toBe(
      [
        'Action=AssumeRoleWithWebIdentity',
        'Version=2011-06-15',
        'RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fapp',
        'RoleSessionName=a%2Bb%3Dc%2Cd.e%40f-g_h',
        `WebIdentityToken=${subjectJwt()}`,
        'PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FA',
        'PolicyArns.member.2.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FB',
        'Policy=%7B%22Sid%22%3A%22%C3%A9%20%21%27%28%29%2A~%5Cn%22%2C%22Statement%22%3A%5B%5D%7D',
        'DurationSeconds=900',
      ].join('&'),
    );
  });

  it('leaves out options that are not set, and sends the request to the given endpoint', async () => {
    const { sent, provider } = setUp(undefined, { endpoint: 'https://sts.example.com:8443' });
    await provider();
    expect(sent[0]?.url.href).toBe('https://sts.example.com:8443/');
    expect([...new URLSearchParams(sent[0]?.body).keys()]).toEqual([
      'Action',
      'Version',
      'RoleArn',
      'RoleSessionName',
      'WebIdentityToken',
    ]);
  });
});

describe('what comes back', () => {
  const record = {
    accessKeyId: 'ASIAEXAMPLE1',
    secretAccessKey: 'secret/+1',
    sessionToken: 'session==1',
    accountId: '123456789012',
    expiresAt: NOW + 3_600_000,
  };

  it.each<[string, string]>([
    ['XML', issuedXml()],
    ['XML without a namespace', issuedXml().replace(/ xmlns="[^"]*"/, '')],
    ['XML with nanoseconds', issuedXml({ expiration: '2026-11-22T11:00:00.000000000Z' })],
    ['XML without metadata', issuedXml().replace(/<ResponseMetadata>.*?<\/ResponseMetadata>/s, '')],
    [
      'JSON',
      JSON.stringify({
        AssumeRoleWithWebIdentityResponse: {
          AssumeRoleWithWebIdentityResult: {
            AssumedRoleUser: { Arn: 'arn:aws:sts::123456789012:assumed-role/app/credex' },
            Credentials: {
              AccessKeyId: 'ASIAEXAMPLE1',
              SecretAccessKey: 'secret/+1',
              SessionToken: 'session==1',
              Expiration: (NOW + 3_600_000) / 1000,
            },
            PackedPolicySize: null,
          },
          ResponseMetadata: { RequestId: 'r' },
        },
      }),
    ],
  ])('is read from %s', async (_what, body) => {
    expect(await setUp({ body }).provider()).toMatchObject(record);
  });

  it.each<[string, Answer, Partial<FederationError>]>([
    [
      'ErrorResponse',
      { status: 403, body: errorXml('AccessDenied') },
      { code: 'access_denied', serverCode: 'AccessDenied', serverMessage: 'because' },
    ],
    [
      'a bare Error',
      { status: 400, body: '<Error><Code>RegionDisabledException</Code><Message>off</Message></Error>' },
      { code: 'region_disabled', serverMessage: 'off' },
    ],
    [
      'JSON',
      {
        status: 400,
        body: '{"Error":{"Code":"ExpiredTokenException","Message":"old","Type":"Sender"},"RequestId":"r"}',
      },
      { code: 'subject_token_expired', serverCode: 'ExpiredToken', serverMessage: 'old' },
    ],
    ['JSON that is none', { status: 400, body: '{"Error":' }, { code: 'invalid_response' }],
    ['JSON of strange types', { status: 400, body: '{"Error":7}' }, { code: 'invalid_response' }],
    ['no body', { status: 503, body: '' }, { code: 'unavailable' }],
    ['a page', { status: 200, body: '<!DOCTYPE html><html></html>' }, { code: 'invalid_response' }],
    ['an empty result', { status: 200, body: '{}' }, { code: 'invalid_response' }],
    [
      'half of an answer',
      { status: 200, body: issuedXml().slice(0, 700) },
      { code: 'invalid_response', retryable: true },
    ],
    [
      'a redirect',
      { status: 307, body: '', headers: { location: 'https://evil.example' } },
      { code: 'redirect_refused' },
    ],
  ])('is an error told by %s', async (_what, answer, told) => {
    const error = await refusal(answer);
    expect(FederationError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ provider: 'aws', ...told });
  });

  it("brings the server's clock and the lifetime that was asked for", async () => {
    const { fetch } = recordingFetch(() => ({
      body: issuedXml(),
      headers: { date: new Date(NOW + 120_000).toUTCString() },
    }));
    const { signal } = new AbortController();
    const exchange = (durationSeconds?: number) =>
      directExchanger(awsConfiguration(isolated({ durationSeconds }))).exchange(
        { region: 'eu-west-1' },
        {
          signal,
          subject: async () => readSubjectToken(subjectJwt()),
          step: (_host, run) => run(signal),
          post: (url, init) => transportOf(fetch)('aws', url, { signal, ...init }),
        },
      );
    expect(await exchange()).toMatchObject({ serverDate: NOW + 120_000, maxLifetimeMs: 3_600_000 });
    expect(await exchange(900)).toMatchObject({ maxLifetimeMs: 900_000 });
  });
});
