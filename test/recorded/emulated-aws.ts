/** The cases of the AWS tables that the emulator can produce: one wrong thing in a request that is right otherwise. */

import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { MintOptions, PolicyDocument, PolicyStatement } from '@credex/testing/emulator';
import { AUDIENCE, PRODUCTION_SUBJECT, trustPolicy } from '../support/trust.js';
import type { Fixture } from '../support/fixture.js';

export interface EmulatedError {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

interface Case {
  readonly token?: Partial<MintOptions>;
  readonly form?: Readonly<Record<string, string>>;
  readonly host?: string;
  readonly fault?: 'throttle' | 500 | 503;
}

const TEAM = 'oidc.vercel.com/acme';
const ACCOUNT = '345678901234';
const BARE_ACCOUNT = '345678901235';
const roleOf = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`;
const TAGS = 'https://aws.amazon.com/tags';

/** What hardly compresses. */
const filler = (n: number): string => createHash('sha512').update(String(n)).digest('base64');

const CASES: Readonly<Record<string, Case>> = {
  'another subject': { token: { environment: 'preview' } },
  'a claim without a key': { form: { RoleArn: roleOf('claim') } },
  'a subject in other letters': { token: { claims: { sub: PRODUCTION_SUBJECT.toUpperCase() } } },
  'no such role': { form: { RoleArn: roleOf('missing') } },
  'an explicit deny': { form: { RoleArn: roleOf('denied') } },
  'no identity provider': { form: { RoleArn: 'arn:aws:iam::345678901236:role/shop' } },
  'another issuer': { token: { issuerMode: 'global' } },
  'another audience': { token: { audience: 'https://vercel.com/other' } },
  'no client ids': { form: { RoleArn: roleOf('shop', BARE_ACCOUNT) } },
  'an unpublished key': { token: { signWith: 'unpublished' } },
  'no audience': { token: { claims: { aud: undefined } } },
  'no JWT': { form: { WebIdentityToken: 'not-a-real-jwt-token' } },
  'two audiences': { token: { audience: [AUDIENCE, 'https://b.example'] } },
  'a roles claim of another form': { token: { claims: { 'https://aws.amazon.com/roles': 7 } } },
  'an expired token': { token: { issuedAt: 1_700_000_000, lifetimeSeconds: 60 } },
  'a duration beyond the role': { form: { DurationSeconds: '7200' } },
  'a bad session name': { form: { RoleSessionName: 'bad session!!' } },
  'a duration too short': { form: { DurationSeconds: '100' } },
  'a duration too long': { form: { DurationSeconds: '50000' } },
  'no role': { form: { RoleArn: '' } },
  'a region that is switched off': { host: 'sts.us-east-2.amazonaws.com' },
  'tags that are too large': {
    form: { RoleArn: roleOf('tagged') },
    token: {
      claims: {
        [TAGS]: {
          principal_tags: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`t${n}`, [filler(n)]])),
        },
      },
    },
  },
  'a session policy that is too large': {
    form: {
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 's3:GetObject',
            Resource: `arn:aws:s3:::${Array.from({ length: 22 }, (_, n) => filler(n))
              .join('')
              .slice(0, 1_930)}`,
          },
        ],
      }),
    },
  },
  'too many requests': { fault: 'throttle' },
  'a failure of the service': { fault: 500 },
  'a service that is not there': { fault: 503 },
  'an old version': { form: { Version: '2010-05-08' } },
};

export const AWS_CASES: readonly string[] = Object.keys(CASES);

export function setUpAws({ emulator: { aws } }: Pick<Fixture, 'emulator'>): void {
  const trusts = trustPolicy(TEAM, AUDIENCE, [PRODUCTION_SUBJECT], ACCOUNT);
  const allow = trusts.Statement[0] as PolicyStatement;
  const create = (name: string, trust: PolicyDocument) =>
    aws.createRole({ arn: roleOf(name), trustPolicy: trust });
  aws.createOpenIdConnectProvider({ accountId: ACCOUNT, url: `https://${TEAM}`, clientIds: [AUDIENCE] });
  aws.createOpenIdConnectProvider({ accountId: BARE_ACCOUNT, url: `https://${TEAM}`, clientIds: [] });
  aws.disableStsRegion({ accountId: ACCOUNT, region: 'us-east-2' });
  create('shop', trusts);
  create('tagged', {
    ...trusts,
    Statement: [{ ...allow, Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] }],
  });
  create('denied', { ...trusts, Statement: [allow, { ...allow, Effect: 'Deny', Condition: undefined }] });
  create('claim', {
    ...trusts,
    Statement: [{ ...allow, Condition: { StringEquals: { [`${TEAM}:project_id`]: 'prj_shop' } } }],
  });
}

/** What the emulator's STS answers in that case. */
export async function emulatedAws(
  fixture: Pick<Fixture, 'emulator' | 'mint'>,
  name: string,
): Promise<EmulatedError> {
  const { token, form, host, fault } = CASES[name] as Case;
  const { emulator } = fixture;
  const body = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleOf('shop'),
    RoleSessionName: 'shop',
    WebIdentityToken: await fixture.mint(token),
    ...form,
  }).toString();
  if (fault !== undefined)
    emulator.faults.plant({
      service: 'aws-sts',
      fault: fault === 'throttle' ? { kind: 'throttle' } : { kind: 'status', status: fault },
    });
  const { status, text } = await post(emulator.url('aws-sts'), body, host);
  const read = (element: string) => new RegExp(`<${element}>([^<]*)</${element}>`).exec(text)?.[1];
  return { status, code: read('Code'), message: read('Message') };
}

/** By node:http, which sends the Host header that it is given. */
function post(
  url: string,
  body: string,
  host: string | undefined,
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        hostname,
        port,
        method: 'POST',
        path: '/',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
          ...(host === undefined ? {} : { host }),
        },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
