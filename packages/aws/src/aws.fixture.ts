/** What the tests of this package share: a subject token, responses of STS, and servers to send requests to. */

import { STSClient } from '@aws-sdk/client-sts';
import type { STSClientConfig } from '@aws-sdk/client-sts';
import type { Clock, Fetch, SubjectTokenSource } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { readSubjectToken } from '@credex/core/on-demand';
import { afterEach, beforeEach, vi } from 'vitest';
import type { AwsCredentialsProviderOptions } from './options.js';
import { getAwsCredentials } from './aws-credentials-provider.js';
import { clientStsExchanger } from './client-sts.js';

export const ROLE = 'arn:aws:iam::123456789012:role/app';
export const NOW: number = Date.parse('2026-11-22T10:00:00Z');

export const CLAIMS = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: 'owner:acme:project:shop:environment:production',
  owner: 'acme',
  owner_id: 'team_1',
  project: 'shop',
  project_id: 'prj_1',
  environment: 'production',
  exp: NOW / 1000 + 3_600,
};

export function subjectJwt(claims: Readonly<Record<string, unknown>> = {}): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...CLAIMS, ...claims })}.c2lnbmF0dXJl`;
}

/** A source that names its identity key, as the platform does. */
export function tokenSource(
  identityKey = 'prj_1/production',
  jwt: string = subjectJwt(),
): SubjectTokenSource {
  return { capture: () => ({ identityKey, token: () => Promise.resolve(readSubjectToken(jwt)) }) };
}

export function clockAt(now: number = NOW): Clock & { now(): number; set(to: number): void } {
  let current = now;
  return {
    now: () => current,
    monotonic: () => current,
    set(to: number) {
      current = to;
    },
  };
}

/** Options that touch neither the process-wide cache nor real time. */
export function isolated(
  more: AwsCredentialsProviderOptions = {},
): AwsCredentialsProviderOptions & { roleArn: string } {
  return {
    roleArn: ROLE,
    tokenSource: tokenSource(),
    cache: createCredentialCache(),
    clock: clockAt(),
    random: () => 0,
    ...more,
  } as AwsCredentialsProviderOptions & { roleArn: string };
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export function issuedXml({
  n = 1,
  expiration = '2026-11-22T11:00:00Z',
  role = ROLE,
  action = 'AssumeRoleWithWebIdentity',
}: { n?: number; expiration?: string; role?: string; action?: string } = {}): string {
  const [, partition, , , account, path = ''] = role.split(':');
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>
<Audience>https://vercel.com/acme</Audience>
<AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:credex</AssumedRoleId><Arn>arn:${partition}:sts::${account}:assumed-role/${path.split('/').at(-1)}/credex</Arn></AssumedRoleUser>
<Provider>arn:${partition}:iam::${account}:oidc-provider/oidc.vercel.com/acme</Provider>
<Credentials><AccessKeyId>ASIAEXAMPLE${n}</AccessKeyId><SecretAccessKey>secret/+${n}</SecretAccessKey><SessionToken>session==${n}</SessionToken><Expiration>${expiration}</Expiration></Credentials>
<SubjectFromWebIdentityToken>${CLAIMS.sub}</SubjectFromWebIdentityToken></${action}Result>
<ResponseMetadata><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ResponseMetadata></${action}Response>`;
}

export function errorXml(code: string, message = 'because'): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
}

/** One request as it would have gone out. */
export interface Sent {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Respond = (sent: Sent, count: number) => Answer | Promise<Answer>;

const issuing: Respond = (sent, count) => {
  const form = new URLSearchParams(sent.body);
  const [role, action] = [form.get('RoleArn') ?? ROLE, form.get('Action') ?? ''];
  return { body: issuedXml({ n: count, role, action }) };
};

/** A `fetch` that records, and answers with a new credential each time. */
export function recordingFetch(respond: Respond = issuing): { readonly sent: Sent[]; readonly fetch: Fetch } {
  const sent: Sent[] = [];
  return {
    sent,
    async fetch(url, init) {
      const headers = Object.fromEntries(new Headers(init.headers));
      const body = typeof init.body === 'string' ? init.body : '';
      sent.push({ url: new URL(url), headers, body });
      const answer = await respond(sent.at(-1) as Sent, sent.length);
      return new Response(answer.body, { status: answer.status ?? 200, headers: answer.headers ?? {} });
    },
  };
}

interface RawRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The SDK's own seam: a request handler that records. */
export function recordingHandler(respond: Respond = issuing): {
  readonly sent: Sent[];
  readonly handler: Exclude<STSClientConfig['requestHandler'], undefined>;
} {
  const sent: Sent[] = [];
  const handler = {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ protocol, hostname, port, path, headers, body }: RawRequest) {
      const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
      sent.push({ url: new URL(path, origin), headers, body });
      const answer = await respond(sent.at(-1) as Sent, sent.length);
      const response = {
        statusCode: answer.status ?? 200,
        headers: { ...answer.headers },
        body: new TextEncoder().encode(answer.body),
      };
      return { response };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  return { sent, handler };
}

/** A real STSClient that reaches no network. */
export function stubbedClient(respond?: Respond): { readonly sent: Sent[]; readonly client: STSClient } {
  const { sent, handler } = recordingHandler(respond);
  return {
    sent,
    client: new STSClient({ region: 'eu-west-1', maxAttempts: 1, requestHandler: handler }),
  };
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('It was expected to reject.');
    },
    (error: unknown) => error,
  );
}

/** What a function throws. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to throw.');
}

/** For each test of the file: what the platform or the shell says of regions and projects is not there. */
export function withoutPlatform(): void {
  beforeEach(() => {
    for (const name of [
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'VERCEL_PROJECT_ID',
      'VERCEL_ENV',
      'VERCEL_TARGET_ENV',
    ])
      vi.stubEnv(name, '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
}

/** The whole way: what a user catches when STS answers so, by a client's socket or by fetch. */
export async function caught(answer: Answer, claims: object = {}): Promise<FederationError[]> {
  const { client } = stubbedClient(() => answer);
  const { fetch } = recordingFetch(() => answer);
  const options = { durationSeconds: 7_200, tokenSource: tokenSource('p', subjectJwt({ ...claims })) };
  const ways = [{ exchanger: clientStsExchanger({ client }) }, { fetch, region: 'eu-west-1' }];
  return Promise.all(
    ways.map(async (way) => {
      const error = await rejection(getAwsCredentials(isolated({ ...options, ...way })));
      if (!FederationError.isInstance(error)) throw error;
      return error;
    }),
  );
}
