import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cleanServerText, scrubbedCause } from './redact.js';
import { withoutUserinfo } from './visible.js';
import { makeJwt } from './provider.fixture.js';

const JWT = makeJwt({
  iss: 'https://oidc.vercel.com/acme',
  sub: 'owner:acme:project:shop',
  n: 'x'.repeat(300),
});
const [HEADER = '', PAYLOAD = ''] = JWT.split('.');

const SECRETS: readonly (readonly [string, string])[] = [
  ['a JWT', JWT],
  ['a JWT without its signature', `${HEADER}.${PAYLOAD}.`],
  ['the payload alone', PAYLOAD],
  ['a header alone', HEADER],
  ['a short JWT', 'eyJhbGciOiJub25lIn0.e30.'],
  ['an access key id', 'AKIAIOSFODNN7EXAMPLE'],
  ['a session key id', 'ASIAIOSFODNN7EXAMPLE'],
  ['a secret access key of words', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  ['a secret access key with many slashes', 'aB3/dE5/gH7+jK9/mN1/pQ3/sT5/vW7/yZ9/bC2/'],
  [
    'a session token',
    'FwoGZXIvYXdzEBYaDHqa0AP1/8Z9k3Yk2SLAAZ5D/0Kz7Wv8Q+O3o8b7J1c2X9f0Lq6Vt4Rm1Nn5Pp3Ss2Uu8Ww6Yy4Aa==',
  ],
  [
    'a session token in escaped JSON',
    'FwoGZXIvYXdz\\/EBYaDHqa0AP1\\/8Z9k3Yk2SLAA\\/Z5D0Kz7Wv8Q\\/O3o8b7J1c2X9f0Lq6',
  ],
  ['a Google token', 'ya29.c.b0Aaekm1K-x_yZ'],
  ['a Google token of today', `ya29.d.${randomBytes(120).toString('base64url')}`],
  ['a Google client secret', 'GOCSPX-abcDEFghi_JKL-mnoPQRstu'],
  ['an Entra client secret', 'Xy78Q~aBcDeFgHiJkLmNoPqRsTuVwXyZ0123-_.a'],
  ['an opaque Entra token', `0.AX0A${randomBytes(90).toString('base64url')}`],
  ['hex of forty', createHash('sha1').update('x').digest('hex')],
  ['hex of sixty-four', createHash('sha256').update('x').digest('hex')],
  ['base64 of 32 bytes', createHash('sha256').update('y').digest('base64')],
  ['percent-encoded base64', encodeURIComponent('aB3/dE5+gH7/jK9+mN1/pQ3+sT5/vW7+yZ9=')],
];

describe('cleanServerText', () => {
  it.each(SECRETS)('cuts %s, wherever it stands', (_name, secret) => {
    const around = [
      secret,
      `token ${secret} is bad`,
      `"${secret}"`,
      `Value '${secret}' at 'webIdentityToken' failed to satisfy constraint`,
      `(${secret})`,
      `https://x.test/?t=${secret}&u=1`,
      `<a>${secret}</a>`,
    ];
    for (const text of around) {
      const cleaned = cleanServerText(text, 10_000);
      expect(cleaned).not.toContain(secret);
      // No piece of any length that would help anyone.
      for (let at = 0; at + 12 <= secret.length; at++)
        expect(cleaned, text).not.toContain(secret.slice(at, at + 12));
    }
  });

  it.each([
    [
      'connect to http://user:hunter2@proxy.example:3128 failed',
      'connect to http://[cut]@proxy.example:3128 failed',
    ],
    [
      'Unsupported protocol for proxy URL: foo://user:hunter2@h',
      'Unsupported protocol for proxy URL: foo://[cut]@h',
    ],
    ['http://hunter2@h/', 'http://[cut]@h/'],
    ['http://user:p@hunter2@h/x', 'http://[cut]@h/x'],
    ['http://user:hunter2/with/slashes@h:1/', 'http://[cut]@h:1/'],
    ['http://user:hunter2?#@h:1/', 'http://[cut]@h:1/'],
    [
      '"socks5h://u:hunter2@h:1" and "pac+https://u:hunter2@h"',
      '"socks5h://[cut]@h:1" and "pac+https://[cut]@h"',
    ],
  ])('cuts the user name and password of a URL: %s', (text, cleaned) => {
    expect(cleanServerText(text)).toBe(cleaned);
    expect(withoutUserinfo(text)).toBe(cleaned);
  });

  it.each([
    'https://iam.example.com/v1/projects/-/serviceAccounts/name@project.example.com:generateAccessToken',
    'https://host.example.com:8443/users/a@b',
    'name@project.example.com said http://h/',
  ])('leaves an address in a path: %s', (text) => {
    expect(withoutUserinfo(text)).toBe(text);
  });

  it('cuts a token that was wrapped, to its last line', () => {
    const lines = JWT.match(/.{1,64}/g) ?? [];
    const short = [...lines.slice(0, -1), 'aB3dE5gH7j'];
    for (const separator of ['\n', '\r\n', ' '])
      expect(cleanServerText(`got ${short.join(separator)} here`)).toMatch(/^got (\[cut\] ?)+ here$/);
  });

  it('cuts a key at the end of a long readable path', () => {
    const path = '/home/someone/projects/credentials/production/deployment/configuration/of/everything/';
    expect(cleanServerText(path)).toBe(path);
    expect(cleanServerText(`${path}aB3/dE5/gH7+jK9/mN1/pQ3/sT5/vW7/yZ9/bC2/`)).toBe('[cut]');
  });

  it('cuts ten thousand keys of forty characters', () => {
    for (let n = 0; n < 10_000; n++) {
      const secret = createHash('sha256')
        .update(String(n))
        .digest()
        .subarray(0, 30)
        .toString(n % 2 === 0 ? 'base64' : 'base64url');
      expect(cleanServerText(`the key ${secret} is wrong`)).toBe('the key [cut] is wrong');
    }
  });

  it.each([
    'client_assertion=short-one1&x=1',
    '{"password":"hunter2hunter2"}',
    '{"SecretAccessKey": "x","SessionToken":"abcdefghi"}',
    'Authorization: Bearer abc.def-ghi',
  ])('cuts what is named as a secret: %s', (text) => {
    expect(cleanServerText(text)).toContain('[cut]');
  });

  it.each([
    'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    'No OpenIDConnect provider found in your account for https://oidc.vercel.com/acme',
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    "1 validation error detected: Value 'arn:aws:iam::123456789012:role/my-app-production-deployer' at 'roleArn' failed to satisfy constraint: Member must have length less than or equal to 2048",
    'User: arn:aws:sts::123456789012:assumed-role/vercel-production/session is not authorized to perform: s3:GetObject',
    'The audience in ID Token [https://vercel.com/acme] does not match the expected audience.',
    'Invalid value for "audience": //iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/providers/vercel',
    "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
    'app@my-project.iam.gserviceaccount.com',
    'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts',
    "AADSTS700213: No matching federated identity record found for presented assertion subject 'owner:acme:project:shop:environment:production'.",
    'Trace ID: 72f988bf-86f1-41af-91ab-2d7cd011db47 Correlation ID: 8d1e2f3a-4b5c-6d7e-8f90-a1b2c3d4e5f6 Timestamp: 2026-11-22 07:18:11Z',
    'https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2/v2.0/token',
    'getaddrinfo ENOTFOUND sts.eu-west-1.amazonaws.com',
    'connect ECONNREFUSED 127.0.0.1:443',
    'unable to verify the first certificate; UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'Der Dienst ist vorübergehend nicht verfügbar – 認証に失敗しました',
  ])('leaves real words readable: %s', (text) => {
    expect(cleanServerText(text, 1_000)).toBe(text);
  });

  it.each([
    "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: zvW4mQKV6irg5Nm25Div",
    "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: YqlJLHBL_5wJMv2wGzwMaCOqRP9OP0XiHn-4tY1b8qZk3sDf6gHj2lKp",
    '{"reason":"SECURITY_POLICY_VIOLATED","vpcServiceControlsUniqueIdentifier":"zvW4mQKV6irg5Nm25Div"}',
    'Throttled. RequestId=8fK2mQ9xV4bN7cT1zR5wY3aL',
    'Throttled (Request ID: 8fK2mQ9xV4bN7cT1zR5wY3aL)',
  ])('leaves the id that a support case needs: %s', (text) => {
    expect(cleanServerText(text, 1_000)).toBe(text);
  });

  it.each([
    `request id: ${JWT}`,
    'vpcServiceControlsUniqueIdentifier: eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0',
    'request id: ASIAQWERTYUIOPASDFGH',
    'request id: aB3/dE5+gH7/jK9mN1pQ3sT5vW7yZ9bC2dF4hJ6k',
    `request id: ${'aB3dE5gH7j'.repeat(20)}`,
  ])('cuts a secret that is called an id: %s', (text) => {
    expect(cleanServerText(text, 1_000)).toContain('[cut]');
  });

  it('keeps 300 characters of one line, with nothing invisible in it', () => {
    expect(cleanServerText('a b '.repeat(200))).toHaveLength(301);
    expect(cleanServerText('one\r\n\u001b[31mtwo\u0000\u2028three')).toBe('one [31mtwo three');
    expect(cleanServerText('abc\u202edef\u200b\u2066ghi\ufeff')).toBe('abcdefghi');
    expect(cleanServerText(`${JWT.slice(0, 20)}\u200b${JWT.slice(20)}`)).toBe('[cut]');
    expect(cleanServerText(`${'x '.repeat(149)}x😀`)).not.toMatch(/[\ud800-\udbff]…$/);
  });

  it.each([
    'a',
    'A1',
    'eyJ',
    'eyJaaaaa.',
    '.',
    'a.',
    'ya29.',
    'AKIA',
    '%',
    '0-',
    'token=',
    'bearer ',
    '\u0000',
    '-0000',
    '00000000-',
  ])('takes bounded time on ten megabytes of %j', (unit) => {
    const text = unit.repeat(Math.ceil(10_000_000 / unit.length));
    const began = performance.now();
    expect(cleanServerText(text).length).toBeLessThanOrEqual(301);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe('scrubbedCause', () => {
  it('keeps name, words and code of an error and of what caused it, and nothing else', () => {
    const inner = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:443'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new TypeError(`fetch failed for ${JWT}`, { cause: inner }), {
      config: { body: JWT },
      request: { headers: { authorization: JWT } },
    });
    const scrubbed = scrubbedCause(error) as Error & { code?: string };
    expect(scrubbed).toMatchObject({ name: 'TypeError', message: 'fetch failed for [cut]' });
    expect(scrubbed.cause).toMatchObject({ code: 'ECONNREFUSED', message: inner.message });
    expect(Reflect.ownKeys(scrubbed).sort()).toEqual(['cause', 'message', 'name', 'stack']);
  });

  it('follows causes to a depth, also round in circles', () => {
    const error: Error & { cause?: unknown } = new Error('round');
    error.cause = error;
    let depth = 0;
    for (let at: unknown = scrubbedCause(error); at instanceof Error; at = at.cause) depth++;
    expect(depth).toBe(3);
  });

  it('survives errors that are none', () => {
    const odd = [
      Object.assign(new Error(), { message: { toString: () => JWT } }),
      Object.assign(new Error('x'), { name: 7, code: 404, stack: JWT }),
      Object.defineProperties(new Error(), {
        message: {
          get: () => {
            throw new Error(JWT);
          },
        },
        name: {
          get: () => {
            throw new Error(JWT);
          },
        },
        cause: {
          get: () => {
            throw new Error(JWT);
          },
        },
      }),
    ];
    for (const error of odd)
      expect(
        JSON.stringify(
          Reflect.ownKeys(scrubbedCause(error) ?? {}).map((key) => (scrubbedCause(error) as never)[key]),
        ),
      ).not.toContain('eyJ');
    for (const none of [undefined, null, 'text', 5, { message: JWT }])
      expect(scrubbedCause(none)).toBeUndefined();
  });
});
