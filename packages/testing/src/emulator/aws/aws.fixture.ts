/** The fixture of this folder's tests: Vercel's issuer, a clock that stands still, signed and unsigned requests. */
import { createHash } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { createIssuer } from '../vercel/issuer.js';
import type { MintOptions } from '../vercel/mint.js';
import { createRandomHex } from '../runtime.js';
import type {
  ServiceAnswer,
  ServiceName,
  ServiceRequest,
  EmulatedCloud,
  EmulatorRuntime,
} from '../service.js';
import { createAwsCloud, type AwsAdmin, type PolicyDocument, type PolicyStatement } from './cloud.js';

export const ACCOUNT = '123456789012';
export const PROVIDER = 'oidc.vercel.com/acme';
export const ISSUER = `https://${PROVIDER}`;
export const AUDIENCE = 'https://vercel.com/acme';
export const SUBJECT = 'owner:acme:project:shop:environment:production';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/shop`;
export const START = Date.parse('2026-11-22T12:00:00Z');

// Made once: a pair of RSA keys costs a third of a second.
const clock = { time: START, now: (): number => clock.time };
const issuing = await createIssuer('https://oidc.vercel.com', [], clock);

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface TestAws extends EmulatedCloud<AwsAdmin> {
  readonly clock: { time: number };
  setIssuerReachable(reachable: boolean): void;
  token(options?: Partial<MintOptions>): Promise<string>;
  /** An unsigned form, by default to loopback. */
  sts(form: Readonly<Record<string, string>>, request?: Partial<ServiceRequest>): Promise<ServiceAnswer>;
  /** A form signed by these credentials. `change` is made after the signature. */
  signedSts(
    form: Readonly<Record<string, string>>,
    credentials: Credentials,
    how?: SigningOptions,
  ): Promise<ServiceAnswer>;
  /** A request to S3, signed. */
  s3(request: S3Request, credentials: Credentials, how?: SigningOptions): Promise<ServiceAnswer>;
  /** A presigned request. `change` is made after the signature. */
  presigned(request: S3Request, credentials: Credentials, how?: PresignOptions): Promise<ServiceRequest>;
  send(service: ServiceName, request: ServiceRequest): Promise<ServiceAnswer>;
  /** Credentials of a role by web identity; throws where they are refused. */
  credentials(form?: Readonly<Record<string, string>>): Promise<Required<Credentials>>;
}

export interface SigningOptions {
  readonly region?: string;
  readonly service?: string;
  readonly host?: string;
  /** Signed with the rest. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Epoch milliseconds; by default the test's clock. */
  readonly time?: number;
  readonly change?: (request: ServiceRequest) => Partial<ServiceRequest>;
}

export interface PresignOptions extends SigningOptions {
  /** Seconds; default 900. */
  readonly expiresIn?: number;
}

export interface S3Request {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export const trusting = (
  condition: PolicyStatement['Condition'],
  statement: object = {},
): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${PROVIDER}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: condition,
    ...statement,
  },
});

/** The trust that Vercel's guide asks for: this audience and this subject. */
export const TRUST: PolicyDocument = trusting({
  StringEquals: { [`${PROVIDER}:sub`]: SUBJECT, [`${PROVIDER}:aud`]: AUDIENCE },
});

export function testAws(): TestAws {
  clock.time = START;
  issuing.issuer.setReachable(true);
  const runtime: EmulatorRuntime = {
    clock,
    randomHex: createRandomHex('aws'),
    verifySubjectToken: issuing.verify,
  };
  const cloud = createAwsCloud(runtime);

  const send = async (name: ServiceName, request: ServiceRequest): Promise<ServiceAnswer> => {
    const service = cloud.services.find((one) => one.name === name);
    if (service === undefined) throw new Error(`There is no ${name}.`);
    return service.handle(request);
  };
  const signed = async (
    request: ServiceRequest,
    credentials: Credentials,
    how: SigningOptions & { readonly s3: boolean },
  ): Promise<ServiceRequest> => {
    const signer = new SignatureV4({
      credentials,
      region: how.region ?? 'us-east-1',
      service: how.service ?? (how.s3 ? 's3' : 'sts'),
      sha256: Sha256,
      uriEscapePath: !how.s3,
      applyChecksum: how.s3,
    });
    const { headers } = await signer.sign(
      {
        method: request.method,
        protocol: 'http:',
        hostname: request.host,
        path: request.path,
        query: Object.fromEntries(request.query),
        headers: { ...request.headers, ...how.headers, host: request.host },
        body: request.body,
      },
      { signingDate: new Date(how.time ?? clock.time) },
    );
    const ready = { ...request, headers };
    return { ...ready, ...how.change?.(ready) };
  };

  const test: TestAws = {
    ...cloud,
    clock,
    setIssuerReachable: (reachable) => issuing.issuer.setReachable(reachable),
    token: (options) =>
      issuing.issuer.mint({
        team: 'acme',
        teamId: 'team_acme',
        project: 'shop',
        projectId: 'prj_shop',
        environment: 'production',
        ...options,
      }),
    send,
    sts: (form, request) => send('aws-sts', { ...formRequest(form), ...request }),
    signedSts: async (form, credentials, how = {}) => {
      const request = { ...formRequest(form), host: how.host ?? '127.0.0.1:4566' };
      return send('aws-sts', await signed(request, credentials, { ...how, s3: false }));
    },
    s3: async (request, credentials, how = {}) =>
      send('aws-s3', await signed(s3Request(request, how.host), credentials, { ...how, s3: true })),
    presigned: async ({ body = '', ...rest }, credentials, how = {}) => {
      const { headers, ...request } = { ...s3Request({ ...rest, body }, how.host) };
      const { 'x-amz-content-sha256': _, ...said } = headers;
      const signer = new SignatureV4({
        credentials,
        region: how.region ?? 'us-east-1',
        service: how.service ?? 's3',
        sha256: Sha256,
        uriEscapePath: false,
        applyChecksum: false,
      });
      const signed = await signer.presign(
        {
          method: request.method,
          protocol: 'http:',
          hostname: request.host,
          path: request.path,
          query: Object.fromEntries(request.query),
          headers: { ...said, host: request.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
        },
        {
          signingDate: new Date(how.time ?? clock.time),
          expiresIn: how.expiresIn ?? 900,
          unhoistableHeaders: new Set(['x-amz-content-sha256']),
          unsignableHeaders: new Set(['x-amz-content-sha256']),
        },
      );
      const { 'x-amz-content-sha256': __, ...sent } = signed.headers;
      const query = new URLSearchParams(signed.query as Record<string, string>);
      const ready = { ...request, headers: sent, query, rawQuery: query.toString() };
      return { ...ready, ...how.change?.(ready) };
    },
    credentials: async (form = {}) => {
      const answer = await test.sts({ ...(await webIdentityForm(test)), ...form });
      if (answer.status !== 200) throw new Error(String(answer.body));
      return credentialsIn(answer);
    },
  };
  return test;
}

/** The form of AssumeRoleWithWebIdentity, with a good token. */
export const webIdentityForm = async (
  aws: TestAws,
  token?: Partial<MintOptions>,
): Promise<Record<string, string>> => ({
  Action: 'AssumeRoleWithWebIdentity',
  Version: '2011-06-15',
  RoleArn: ROLE,
  RoleSessionName: 'vercel-shop',
  WebIdentityToken: await aws.token(token),
});

function formRequest(form: Readonly<Record<string, string>>): ServiceRequest {
  return plainRequest({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(form).toString()),
  });
}

function s3Request(
  { method, path, query = {}, headers = {}, body = '' }: S3Request,
  host?: string,
): ServiceRequest {
  const search = new URLSearchParams(query);
  return plainRequest({
    method,
    path,
    query: search,
    rawQuery: search.toString(),
    headers: { 'x-amz-content-sha256': sha256(body), ...headers },
    body: Buffer.from(body),
    ...(host === undefined ? {} : { host }),
  });
}

export const sha256 = (body: string | Uint8Array): string => createHash('sha256').update(body).digest('hex');

export const plainRequest = (request: Partial<ServiceRequest>): ServiceRequest => ({
  method: 'GET',
  path: '/',
  rawQuery: '',
  query: new URLSearchParams(),
  headers: {},
  host: '127.0.0.1:4566',
  secure: false,
  body: new Uint8Array(),
  ...request,
});

/** The text of the first element of that name. */
export function element(answer: ServiceAnswer, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(String(answer.body))?.[1];
  return text
    ?.replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

export function credentialsIn(answer: ServiceAnswer): Required<Credentials> {
  const read = (name: string) => element(answer, name) ?? '';
  return {
    accessKeyId: read('AccessKeyId'),
    secretAccessKey: read('SecretAccessKey'),
    sessionToken: read('SessionToken'),
  };
}

/** `[status, code, message]`, the three that a refusal is known by. */
export const refusal = (answer: ServiceAnswer): readonly [number, string | undefined, string | undefined] => [
  answer.status,
  element(answer, 'Code'),
  element(answer, 'Message'),
];

/** What AWS says of an issuer that the account has no provider for, and of an audience that the provider does not list. */
export const NOT_VALIDATED =
  'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.';
