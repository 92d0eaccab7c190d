// Longer than 300 lines: one table of Google's error responses and their classification.
import { ResponseError } from '@credex/core/internal';
import { gaxios } from 'google-auth-library';
import { describe, expect, test } from 'vitest';
import { SERVER_CODES, classifyGcpError } from './classify-gcp-error.js';
import { gcpConfiguration } from './options.js';
import type { GcpStep } from './parse-token-response.js';
import { EMAIL, NAMES, SUB } from './gcp.fixture.js';

const presented = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: SUB,
  environment: 'production',
};
const MEMBER = `principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/vercel/subject/${SUB}`;
const configuration = gcpConfiguration({ ...NAMES, serviceAccountEmail: EMAIL });
const classify = (error: unknown, shown: typeof presented | undefined = presented) =>
  classifyGcpError(error, shown, configuration);

const response = (
  step: GcpStep,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): ResponseError =>
  new ResponseError(
    {
      status,
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    },
    undefined,
    step,
  );
const sts = (error: string, error_description: string, status = 400): ResponseError =>
  response('token-exchange', status, { error, error_description });
const api = (step: GcpStep, code: number, status: string, message: string, reason?: string): ResponseError =>
  response(step, code, {
    error: {
      code,
      status,
      message,
      ...(reason === undefined
        ? {}
        : {
            details: [
              { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' },
            ],
          }),
    },
  });

describe('a permission that is missing at IAM Credentials', () => {
  const delegates = ['one@p.iam.gserviceaccount.com', 'two@p.iam.gserviceaccount.com'];
  const denied = (step: GcpStep, permission?: string): ResponseError => {
    const metadata = permission === undefined ? {} : { permission: `iam.serviceAccounts.${permission}` };
    const info = {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'IAM_PERMISSION_DENIED',
      domain: 'iam.googleapis.com',
      metadata,
    };
    const error = { code: 403, status: 'PERMISSION_DENIED', message: 'Permission denied.', details: [info] };
    return response(step, 403, { error });
  };
  const OF_PRINCIPAL = new RegExp(`^The federated principal .*${MEMBER.replaceAll('/', '\\/')}`);

  test.each([
    ['impersonation', 'getAccessToken', false, OF_PRINCIPAL, 'roles/iam.workloadIdentityUser'],
    [
      'impersonation',
      'getAccessToken',
      true,
      /^The last delegate, two@/,
      'roles/iam.serviceAccountTokenCreator',
    ],
    [
      'impersonation',
      'implicitDelegation',
      true,
      /^The delegation chain/,
      'on two@p.iam.gserviceaccount.com to',
    ],
    ['impersonation', undefined, true, /^The delegation chain/, 'roles/iam.serviceAccountTokenCreator'],
    ['id-token', 'getOpenIdToken', false, OF_PRINCIPAL, 'roles/iam.serviceAccountOpenIdTokenCreator'],
    [
      'id-token',
      'getOpenIdToken',
      true,
      /^The last delegate, two@/,
      'roles/iam.serviceAccountOpenIdTokenCreator',
    ],
    ['id-token', 'implicitDelegation', true, /^The delegation chain/, 'roles/iam.serviceAccountTokenCreator'],
    ['id-token', undefined, false, OF_PRINCIPAL, 'roles/iam.serviceAccountOpenIdTokenCreator'],
  ] as const)('%s, %s, with delegates: %s', (step, permission, isChain, begins, role) => {
    const chain = gcpConfiguration({
      ...NAMES,
      serviceAccountEmail: EMAIL,
      delegates: isChain ? delegates : undefined,
    });
    const verdict = classifyGcpError(denied(step, permission), presented, chain);
    expect(verdict).toMatchObject({ code: 'access_denied', retry: 'never', serverCode: 'PERMISSION_DENIED' });
    expect(verdict.hint).toMatch(begins);
    expect(verdict.hint).toContain(role);
  });

  test('a rejected request for an ID token is about its audience', () => {
    const verdict = classify(
      api('id-token', 400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'),
    );
    expect(verdict).toMatchObject({ code: 'invalid_request', retry: 'never' });
    expect(verdict.hint).toContain('`targetAudience`');
  });
});

describe('the token exchange', () => {
  test.each([
    [
      'The audience in ID Token [https://vercel.com/acme] does not match the expected audience.',
      'audience_mismatch',
      /audience is https:\/\/vercel\.com\/acme\..*allowed audiences/,
    ],
    [
      'The issuer in ID Token https://oidc.vercel.com does not match the expected one in config: https://oidc.vercel.com/acme.',
      'issuer_mismatch',
      /issuer is https:\/\/oidc\.vercel\.com\/acme\..*global mode/,
    ],
    ['Unable to verify the ID Token signature.', 'token_rejected', /could not verify/],
    ['Unable to parse the ID Token.', 'token_rejected', /could not verify/],
    ['The ID Token is not yet valid.', 'subject_token_not_yet_valid', /not valid yet/],
  ])('invalid_grant: %s', (description, code, hint) => {
    const verdict = classify(sts('invalid_grant', description));
    expect(verdict).toMatchObject({
      code,
      retry: 'never',
      status: 400,
      serverCode: 'invalid_grant',
      serverMessage: description,
    });
    expect(verdict.hint).toMatch(hint);
  });

  test('retries at most twice when Google could not fetch the keys', () => {
    const verdict = classify(sts('invalid_grant', "Error connecting to the given credential's issuer."));
    expect(verdict).toMatchObject({ code: 'unavailable', retry: 'now', retriesAtMost: 2 });
    expect(verdict.hint).toMatch(/keys of https:\/\/oidc\.vercel\.com\/acme.*upload the current ones/);
  });

  test.each(['ID Token issued at 1749625771 is stale to sign-in.', 'The ID Token has expired.'])(
    'requests a new subject token for an expired one: %s',
    (description) => {
      expect(classify(sts('invalid_grant', description))).toMatchObject({
        code: 'subject_token_expired',
        retry: 'fresh-subject',
      });
    },
  );

  test('ignores the quoted values in a message', () => {
    const quoted = 'The issuer in ID Token https://oidc.vercel.com/audience-expired does not match.';
    expect(classify(sts('invalid_grant', quoted)).code).toBe('issuer_mismatch');
    const listed = 'The audience in ID Token [stale issuer] does not match the expected audience.';
    expect(classify(sts('invalid_grant', listed)).code).toBe('audience_mismatch');
  });

  test.each([
    [
      'unauthorized_client',
      'The given credential is rejected by the attribute condition.',
      'subject_not_allowed',
      /attribute condition.*environment production/,
    ],
    [
      'unauthorized_client',
      'Could not obtain a value for google.subject from the given credential.',
      'subject_not_allowed',
      /attribute mapping/,
    ],
    [
      'invalid_request',
      'The size of mapped attribute google.subject exceeds the 127 bytes limit.',
      'subject_not_allowed',
      /127 bytes.*46 characters/,
    ],
    [
      'invalid_target',
      'The target service indicated by the "audience" parameters is invalid.',
      'target_not_found',
      /projectNumber \(the number, not the id\)/,
    ],
    ['invalid_request', 'Invalid value for "audience".', 'invalid_request', /projectNumber/],
    ['invalid_scope', 'Invalid OAuth scope or ID token audience provided.', 'invalid_request', /full URLs/],
  ])('%s: %s', (error, description, code, hint) => {
    const verdict = classify(sts(error, description));
    expect(verdict).toMatchObject({ code, retry: 'never', serverCode: error });
    expect(verdict.hint).toMatch(hint);
  });

  test.each(SERVER_CODES)('%s has a meaning and a hint, whatever the status is', (error) => {
    const meanings = [400, 401, 403].map((status) => classify(sts(error, 'Other words.', status)));
    expect(new Set(meanings.map(({ code }) => code)).size).toBe(1);
    expect(meanings[0]?.hint).toBeDefined();
  });

  test('names the command for an API that is not enabled', () => {
    const verdict = classify(
      api('token-exchange', 403, 'PERMISSION_DENIED', 'not used before', 'SERVICE_DISABLED'),
    );
    expect(verdict).toMatchObject({ code: 'access_denied', serverCode: 'PERMISSION_DENIED' });
    expect(verdict.hint).toContain('gcloud services enable sts.googleapis.com');
  });
});

describe('impersonation', () => {
  test('403 names the role and the member', () => {
    const verdict = classify(
      api(
        'impersonation',
        403,
        'PERMISSION_DENIED',
        "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
        'IAM_PERMISSION_DENIED',
      ),
    );
    expect(verdict).toMatchObject({ code: 'access_denied', retry: 'never', status: 403 });
    expect(verdict.hint).toContain(
      `Grant roles/iam.workloadIdentityUser on that service account to ${MEMBER}`,
    );
    expect(verdict.hint).toContain(EMAIL);
  });

  test('403 names the command for an API that is not enabled', () => {
    const verdict = classify(api('impersonation', 403, 'PERMISSION_DENIED', 'off', 'SERVICE_DISABLED'));
    expect(verdict.hint).toContain('gcloud services enable iamcredentials.googleapis.com');
  });

  test.each([
    [
      404,
      'NOT_FOUND',
      'Not found; Gaia id not found for email',
      'target_not_found',
      /GCP_SERVICE_ACCOUNT_EMAIL/,
    ],
    [
      401,
      'UNAUTHENTICATED',
      'Request had invalid authentication credentials.',
      'token_rejected',
      /stsEndpoint/,
    ],
    [
      400,
      'INVALID_ARGUMENT',
      'The access token lifetime cannot exceed 3600 seconds.',
      'invalid_request',
      /allowServiceAccountCredentialLifetimeExtension/,
    ],
    [400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.', 'invalid_request', /scopes/],
  ])('%i %s: %s', (code, status, message, expected, hint) => {
    const verdict = classify(api('impersonation', code, status, message));
    expect(verdict).toMatchObject({ code: expected, retry: 'never', status: code, serverCode: status });
    expect(verdict.hint).toMatch(hint);
  });
});

describe('a 403 with another cause than a missing binding', () => {
  test.each([
    ['SECURITY_POLICY_VIOLATED', /VPC Service Controls perimeter/],
    ['BILLING_DISABLED', /billing account/],
    ['USER_PROJECT_DENIED', /serviceUsageConsumer/],
    ['CONSUMER_SUSPENDED', /suspended/],
    ['CONSUMER_INVALID', /GCP_PROJECT_NUMBER/],
    ['ACCOUNT_STATE_INVALID', /disabled or deleted/],
    ['ACCESS_TOKEN_SCOPE_INSUFFICIENT', /`scopes`/],
    ['ORG_RESTRICTION_VIOLATION', /organization/],
    ['RESOURCE_USAGE_RESTRICTION_VIOLATED', /restrictServiceUsage/],
  ])('%s', (reason, hint) => {
    for (const step of ['token-exchange', 'impersonation'] as const) {
      const verdict = classify(api(step, 403, 'PERMISSION_DENIED', 'refused', reason));
      expect(verdict).toMatchObject({ code: 'access_denied', retry: 'never' });
      expect(verdict.hint).toMatch(hint);
      expect(verdict.hint).not.toMatch(/workloadIdentityUser|attribute condition/);
    }
  });

  const PROJECT = 'project 123456789012';
  test.each([
    [
      `IAM Service Account Credentials API has not been used in ${PROJECT} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis then retry.`,
      /gcloud services enable (?:sts|iamcredentials)\.googleapis\.com --project/,
    ],
    [
      `This API method requires billing to be enabled. Please enable billing on ${PROJECT} by visiting https://console.developers.google.com/billing then retry.`,
      /link a billing account/,
    ],
    ['Project acme-prod (#123456789012) has billing disabled. Please enable it.', /link a billing account/],
  ])('without details, by the message: %s', (message, hint) => {
    for (const step of ['token-exchange', 'impersonation'] as const) {
      const verdict = classify(api(step, 403, 'PERMISSION_DENIED', message));
      expect(verdict).toMatchObject({ code: 'access_denied', retry: 'never' });
      expect(verdict.hint).toMatch(hint);
      expect(verdict.hint).not.toMatch(/workloadIdentityUser|attribute condition/);
    }
  });

  test('the reason takes precedence over the message', () => {
    const verdict = classify(
      api('impersonation', 403, 'PERMISSION_DENIED', 'billing is disabled', 'IAM_PERMISSION_DENIED'),
    );
    expect(verdict.hint).toContain('roles/iam.workloadIdentityUser');
  });

  test('a perimeter is recognized by its precondition and by its message', () => {
    const message =
      "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: zvW4mQKV6irg5Nm25Div";
    const details = [
      {
        '@type': 'type.googleapis.com/google.rpc.PreconditionFailure',
        violations: [{ type: 'VPC_SERVICE_CONTROLS' }],
      },
    ];
    for (const error of [
      { code: 403, status: 'PERMISSION_DENIED', message },
      { code: 403, status: 'PERMISSION_DENIED', message: 'refused', details },
    ])
      expect(classify(response('impersonation', 403, { error })).hint).toMatch(/perimeter/);
  });
});

describe('temporary failures', () => {
  test.each([
    [429, 'throttled', true],
    [408, 'timeout', false],
    [500, 'unavailable', false],
    [503, 'unavailable', false],
  ])('%i', (status, code, throttled) => {
    for (const step of ['token-exchange', 'impersonation'] as const)
      expect(classify(response(step, status, '<html>'))).toMatchObject({
        code,
        retry: 'now',
        throttled,
        status,
      });
  });

  test('Retry-After in seconds, as a date, and in the body', () => {
    const after = (headers: Record<string, string>, body: unknown = '') =>
      classify(response('token-exchange', 429, body, headers)).retryAfterMs;
    expect(after({ 'retry-after': '7' })).toBe(7_000);
    expect(
      after({ 'retry-after': 'Sun, 06 Nov 1994 08:49:47 GMT', date: 'Sun, 06 Nov 1994 08:49:37 GMT' }),
    ).toBe(10_000);
    expect(after({ 'retry-after': 'soon' })).toBeUndefined();
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }];
    expect(after({}, { error: { code: 429, status: 'RESOURCE_EXHAUSTED', details } })).toBe(1_500);
    expect(after({})).toBeUndefined();
  });

  test.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_SOCKET', 'EPROTO'])(
    '%s',
    (code) => {
      expect(classify(Object.assign(new Error('x'), { code }))).toMatchObject({
        code: 'network',
        retry: 'now',
      });
      const wrapped = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });
      expect(classify(wrapped)).toMatchObject({ code: 'network', retry: 'now' });
    },
  );

  test('timeouts', () => {
    expect(classify(new DOMException('late', 'TimeoutError'))).toMatchObject({
      code: 'timeout',
      retry: 'now',
    });
    expect(classify(Object.assign(new Error('x'), { code: 'ETIMEDOUT' })).code).toBe('timeout');
    expect(
      classify(
        new TypeError('fetch failed', {
          cause: Object.assign(new Error('x'), { code: 'UND_ERR_HEADERS_TIMEOUT' }),
        }),
      ).code,
    ).toBe('timeout');
  });

  test('an untrusted certificate names NODE_EXTRA_CA_CERTS', () => {
    const verdict = classify(Object.assign(new Error('x'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }));
    expect(verdict.code).toBe('network');
    expect(verdict.hint).toContain('NODE_EXTRA_CA_CERTS');
  });

  test('a response that does not parse is requested once more, and is not quoted', () => {
    const error = new ResponseError(
      { status: 200, headers: {}, body: '{"error":"secret-word"}' },
      'it has no access_token',
      'token-exchange',
    );
    const verdict = classify(error);
    expect(verdict).toMatchObject({ code: 'invalid_response', retry: 'now', retriesAtMost: 1 });
    expect(JSON.stringify(verdict)).not.toContain('secret-word');
  });
});

test('an SDK error without a response is a network error', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const error = new gaxios.GaxiosError(
    'request failed',
    { url: new URL('https://sts.googleapis.com') } as never,
    undefined,
    cause,
  );
  expect(classify(error)).toMatchObject({ code: 'network', retry: 'now' });
});

test('never throws, whatever the error is, and never puts server text into the hint', () => {
  for (const odd of [
    undefined,
    null,
    0,
    'text',
    {},
    [],
    { response: null },
    { response: { status: 400, data: 7 } },
    { status: 400, body: '[' },
    new Error(),
  ])
    expect(() => classify(odd, undefined)).not.toThrow();
  const poison = 'POISON-WORDS';
  for (const status of [400, 401, 403, 404, 418, 429, 500])
    for (const step of ['token-exchange', 'impersonation'] as const)
      for (const serverBody of [
        poison,
        { error: poison, error_description: poison },
        { error: { status: poison, message: poison } },
      ])
        expect(classify(response(step, status, serverBody)).hint ?? '').not.toContain(poison);
});
