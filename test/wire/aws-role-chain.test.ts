/** AssumeRole by our own request compared with the official client: the same fields in the same order. */

import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { AssumeRoleCommandInput, STSClientConfig } from '@aws-sdk/client-sts';
import type { AwsAssumeRole } from '@credex/aws';
import { getAwsCredentials } from '@credex/aws';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clearEnvironment } from '../support/environment.js';
import type { SentRequest } from './request-parts.js';
import { alone, capture, jwtOf, nameless, wireOf } from './request-parts.js';

beforeEach(() => {
  clearEnvironment();
});
afterEach(() => void vi.unstubAllEnvs());

const ROLE = 'arn:aws:iam::123456789012:role/base';
const FAR = 'arn:aws:iam::999999999999:role/a/b!"#$%&\'()*~/far+=,.@-_';
const arns = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `arn:aws:iam::aws:policy/service-role/P+=,.@-_${at}`);

const CASES: readonly (AwsAssumeRole & { readonly name: string })[] = [
  { name: 'a role', roleArn: FAR },
  { name: 'an external id of every character', roleArn: FAR, externalId: 'AZaz09_+=,.@:/-' },
  { name: 'tags', roleArn: FAR, tags: { 'a b': '_.:/=+-@', é: '漢字', empty: '' } },
  {
    name: 'transitive tags',
    roleArn: FAR,
    tags: { one: '1', two: '2', three: '3' },
    transitiveTagKeys: ['three', 'one'],
  },
  { name: 'a source identity', roleArn: FAR, sourceIdentity: 'alice+b@example.com' },
  { name: 'a policy', roleArn: FAR, policy: '{"a":"!\'()*~-_.;/?:@&=+$,#[] %2F é"}' },
  { name: 'policy ARNs', roleArn: FAR, policyArns: arns(3) },
  {
    name: 'everything at once',
    roleArn: FAR,
    externalId: 'contract-7',
    tags: { team: 'a', tier: 'b' },
    transitiveTagKeys: ['team'],
    sourceIdentity: 'alice',
    policy: '{"Statement":[],"Version":"2012-10-17"}',
    policyArns: arns(2),
    durationSeconds: 901,
  },
];

const answerTo = (body: string): string => {
  const form = new URLSearchParams(body);
  const [action, role = ''] = [form.get('Action') ?? '', form.get('RoleArn')?.split('/').at(-1)];
  const account = form.get('RoleArn')?.split(':')[4] ?? '';
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>
<AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::${account}:assumed-role/${role}/s</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>k</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
</${action}Result></${action}Response>`;
};

interface HandledRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function byClient(one: AwsAssumeRole): Promise<SentRequest[]> {
  const sent: SentRequest[] = [];
  const requestHandler: Exclude<STSClientConfig['requestHandler'], undefined> = {
    metadata: { handlerProtocol: 'http/1.1' },
    handle({ method, protocol, hostname, path, headers, body }: HandledRequest) {
      sent.push({ method, url: `${protocol}//${hostname}${path}`, headers, body });
      const response = {
        statusCode: 200,
        headers: {},
        body: new TextEncoder().encode(answerTo(String(body))),
      };
      return Promise.resolve({ response });
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  const credentials = { accessKeyId: 'ASIA', secretAccessKey: 'k', sessionToken: 't' };
  const { tags, policyArns, transitiveTagKeys } = one;
  const input: AssumeRoleCommandInput = {
    RoleArn: one.roleArn,
    RoleSessionName: 'credex',
    ExternalId: one.externalId,
    Policy: one.policy as string | undefined,
    PolicyArns: policyArns?.map((arn) => ({ arn })),
    DurationSeconds: one.durationSeconds,
    SourceIdentity: one.sourceIdentity,
    Tags: tags && Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    TransitiveTagKeys: transitiveTagKeys && [...transitiveTagKeys],
  };
  await new STSClient({ region: 'eu-west-1', credentials, requestHandler }).send(
    new AssumeRoleCommand(input),
  );
  return sent;
}

test.each(CASES)('$name', async (one) => {
  const [official] = (await byClient(one)).map(wireOf);
  const { sent, fetch } = capture(({ body }) => answerTo(body));
  await getAwsCredentials({
    ...alone(jwtOf(), fetch),
    region: 'eu-west-1',
    roleArn: ROLE,
    assumeRole: [nameless(one)],
  });
  const [webIdentity, ours] = sent.map(wireOf);
  expect(sent).toHaveLength(2);
  expect(webIdentity?.fields[0]).toEqual(['Action', 'AssumeRoleWithWebIdentity']);
  expect(ours?.fields).toEqual(official?.fields);
  for (const part of ['method', 'origin', 'path', 'query'] as const)
    expect(ours?.[part]).toEqual(official?.[part]);
  const header = (wire: typeof ours, name: string) => new Map(wire?.headers).get(name);
  for (const name of ['content-type', 'x-amz-security-token'])
    expect(header(ours, name)).toBe(header(official, name));
  expect(header(ours, 'authorization')).toMatch(
    /^AWS4-HMAC-SHA256 Credential=ASIA\/\d{8}\/eu-west-1\/sts\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
  );
});
