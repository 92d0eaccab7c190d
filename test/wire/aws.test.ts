/** The direct exchange compared with the official client and the official provider: the same on the wire, case by case. */

import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AssumeRoleWithWebIdentityCommandInput, STSClientConfig } from '@aws-sdk/client-sts';
import { fromWebToken } from '@aws-sdk/credential-providers';
import type { AwsCredentialsProviderOptions } from '@credex/aws';
import { getAwsCredentials } from '@credex/aws';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { directAws } from '../support/direct.js';
import { clearEnvironment, setEnvironment } from '../support/environment.js';
import { AWS_DEPARTURES, oracle } from './differences.js';
import type { SentRequest } from './request-parts.js';
import { alone, capture, jwtOf, nameless, overSocket, wireOf } from './request-parts.js';

beforeEach(() => {
  clearEnvironment();
  setEnvironment({ AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' });
});
afterEach(() => void vi.unstubAllEnvs());

/** What is asked for, in our words. */
interface Asked {
  readonly name: string;
  readonly region?: string;
  readonly roleArn?: string;
  readonly roleSessionName?: string;
  readonly policy?: string | undefined;
  readonly policyArns?: readonly string[];
  readonly durationSeconds?: number;
  readonly endpoint?: string;
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
}

const roleOf = (partition: string): string => `arn:${partition}:iam::123456789012:role/shop-production`;
const arns = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `arn:aws:iam::aws:policy/service-role/P+=,.@-_${at}`);

const PLACES: readonly (readonly [partition: string, region: string])[] = [
  ['aws', 'us-east-1'],
  ['aws', 'eu-central-2'],
  ['aws', 'ap-southeast-7'],
  ['aws-cn', 'cn-northwest-1'],
  ['aws-us-gov', 'us-gov-west-1'],
  ['aws-eusc', 'eusc-de-east-1'],
  ['aws-iso', 'us-iso-east-1'],
  ['aws-iso-b', 'us-isob-east-1'],
  ['aws-iso-e', 'eu-isoe-west-1'],
  ['aws-iso-f', 'us-isof-south-1'],
];

const FLAGS: readonly (readonly [words: string, flags: Partial<Asked>])[] = [
  ['', {}],
  [', FIPS', { useFipsEndpoint: true }],
  [', dual-stack', { useDualstackEndpoint: true }],
  [', FIPS and dual-stack', { useFipsEndpoint: true, useDualstackEndpoint: true }],
];

const CASES: readonly Asked[] = [
  ...PLACES.flatMap(([partition, region]) =>
    FLAGS.map(([words, flags]): Asked => ({
      name: `${region}${words}`,
      region,
      roleArn: roleOf(partition),
      ...flags,
    })),
  ),
  { name: 'an endpoint', endpoint: 'https://vpce-1.sts.eu-west-1.vpce.amazonaws.com' },
  { name: 'an endpoint with a port', endpoint: 'https://sts.internal.example:8443' },
  { name: 'every character of a session name', roleSessionName: 'AZaz09_+=,.@-' },
  { name: 'the longest session name', roleSessionName: 'x'.repeat(64) },
  { name: 'a role with a path', roleArn: `arn:aws:iam::123456789012:role/a/b!"#$%&'()*~/role+=,.@-_` },
  { name: 'a policy', policy: '{"Statement":[],"Version":"2012-10-17"}' },
  { name: "a policy with RFC 3986's reserved", policy: `{"a":"!'()*~-_.;/?:@&=+$,#[] %2F"}` },
  { name: 'a policy with quotes and line breaks', policy: '{"a":"\\"\\\\\\n\\r\\t\'"}' },
  { name: 'a policy of Latin-1', policy: '{"ÿ":"é à ü ß ¡"}' },
  { name: 'a policy written otherwise', policy: '{\n\t"Version": "2012-10-17",\r\n "Statement": [ ] }' },
  ...[1, 2, 9, 10].map((count) => ({ name: `${count} policy ARNs`, policyArns: arns(count).sort() })),
  { name: 'policy ARNs in no order', policyArns: arns(3).reverse() },
  ...[900, 3_600, 43_200].map((durationSeconds) => ({ name: `${durationSeconds} seconds`, durationSeconds })),
  {
    name: 'everything at once',
    roleSessionName: 'a+b@c',
    policy: '{"a":"b c"}',
    policyArns: arns(2),
    durationSeconds: 901,
    useFipsEndpoint: true,
  },
];

const usual = { region: 'eu-west-1', roleArn: roleOf('aws'), roleSessionName: 'credex' };
const JWT = jwtOf();

/** By the role of the request: a response about another is refused. */
const answerTo = (body: string): string => {
  const [, partition = '', , , account = '', path = ''] =
    new URLSearchParams(body).get('RoleArn')?.split(':') ?? [];
  const role = `arn:${partition}:sts::${account}:assumed-role/${path.split('/').at(-1) ?? ''}`;
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
<AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>${role}/s</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>k</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
};

interface HandledRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The SDK's own seam. */
function handler(sent: SentRequest[]): Exclude<STSClientConfig['requestHandler'], undefined> {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ method, protocol, hostname, port, path, headers, body }: HandledRequest) {
      const origin = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
      sent.push({ method, url: new URL(path, origin), headers, body });
      return {
        response: {
          statusCode: 200,
          headers: { 'content-type': 'text/xml' },
          body: new TextEncoder().encode(answerTo(String(body))),
        },
      };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

const configOf = (asked: Asked, sent: SentRequest[]): STSClientConfig => ({
  region: asked.region ?? usual.region,
  requestHandler: handler(sent),
  ...(asked.endpoint === undefined ? {} : { endpoint: asked.endpoint }),
  ...(asked.useFipsEndpoint === undefined ? {} : { useFipsEndpoint: asked.useFipsEndpoint }),
  ...(asked.useDualstackEndpoint === undefined ? {} : { useDualstackEndpoint: asked.useDualstackEndpoint }),
});

async function byClient(asked: Asked): Promise<SentRequest[]> {
  const sent: SentRequest[] = [];
  const { roleArn, roleSessionName, policy, policyArns, durationSeconds } = { ...usual, ...asked };
  const input: AssumeRoleWithWebIdentityCommandInput = {
    RoleArn: roleArn,
    RoleSessionName: roleSessionName,
    WebIdentityToken: JWT,
    Policy: policy,
    PolicyArns: policyArns?.map((arn) => ({ arn })),
    DurationSeconds: durationSeconds,
  };
  await new STSClient(configOf(asked, sent)).send(new AssumeRoleWithWebIdentityCommand(input));
  return sent;
}

async function byProvider(asked: Asked): Promise<SentRequest[]> {
  const sent: SentRequest[] = [];
  const { roleArn, policy, policyArns, durationSeconds } = { ...usual, ...asked };
  await fromWebToken({
    roleArn,
    webIdentityToken: JWT,
    clientConfig: configOf(asked, sent),
    ...(asked.roleSessionName === undefined ? {} : { roleSessionName: asked.roleSessionName }),
    ...(policy === undefined ? {} : { policy }),
    ...(policyArns === undefined ? {} : { policyArns: policyArns.map((arn) => ({ arn })) }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  })();
  return sent;
}

async function direct(asked: Asked): Promise<SentRequest[]> {
  const { sent, fetch } = capture(({ body }) => answerTo(body));
  const options: AwsCredentialsProviderOptions = {
    region: usual.region,
    roleArn: usual.roleArn,
    ...nameless(asked),
  };
  await getAwsCredentials({ ...options, ...alone(JWT, fetch), exchanger: directAws });
  return sent;
}

const { expectSame, testThatEachIsMet } = oracle(AWS_DEPARTURES);

describe('compared with @aws-sdk/client-sts', () => {
  test.each(CASES)('$name', async (asked) => {
    const named = { ...asked, roleSessionName: asked.roleSessionName ?? usual.roleSessionName };
    expectSame((await byClient(named)).map(wireOf), (await direct(named)).map(wireOf));
  });
});

describe('compared with fromWebToken of @aws-sdk/credential-providers', () => {
  test.each(CASES)('$name', async (asked) => {
    expectSame((await byProvider(asked)).map(wireOf), (await direct(asked)).map(wireOf));
  });
});

test('over a socket, each as its users have it', () =>
  overSocket(
    ({ body }) => answerTo(body),
    async (endpoint, sent) => {
      await fromWebToken({
        roleArn: usual.roleArn,
        roleSessionName: usual.roleSessionName,
        webIdentityToken: JWT,
        policyArns: arns(2).map((arn) => ({ arn })),
        clientConfig: { region: usual.region, endpoint },
      })();
      const official = sent.splice(0);
      const asked = { ...usual, policyArns: arns(2), endpoint, allowLoopbackHttp: true };
      await getAwsCredentials({ ...asked, ...alone(JWT) });
      expect(official).toHaveLength(1);
      expectSame(official.map(wireOf), sent.map(wireOf));
    },
  ));

describe('what both refuse', () => {
  test.each<Asked>([
    { name: 'an endpoint and FIPS', endpoint: 'https://sts.example.com', useFipsEndpoint: true },
    { name: 'an endpoint and dual-stack', endpoint: 'https://sts.example.com', useDualstackEndpoint: true },
    { name: 'a region that is no host label', region: 'evil.example/#' },
    { name: 'an empty region', region: '' },
  ])('$name', async (asked) => {
    await expect(byClient(asked)).rejects.toThrow(Error);
    await expect(direct(asked)).rejects.toMatchObject({ name: 'OptionError' });
  });
});

testThatEachIsMet();
