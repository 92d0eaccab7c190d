/** A role chain by a client of the user's own: which client sends which hop, where to, and what becomes of it. */

import { STSClient } from '@aws-sdk/client-sts';
import { OptionError } from '@credex/core';
import { describe, expect, it, vi } from 'vitest';
import { awsCredentialsProvider, getAwsCredentials } from './aws-credentials-provider.js';
import {
  ROLE,
  errorXml,
  isolated,
  recordingHandler,
  rejection,
  stubbedClient,
  thrownBy,
  withoutPlatform,
} from './aws.fixture.js';
import type { ClientStsExchangerOptions } from './client-sts.js';
import { clientStsExchanger } from './client-sts.js';
import type { AwsHopRequest } from './types.js';

withoutPlatform();

const MIDDLE = 'arn:aws:iam::123456789012:role/middle';
const LAST = 'arn:aws:iam::210987654321:role/last';
const chain = [
  { roleArn: MIDDLE, tags: { team: 'data' }, transitiveTagKeys: ['team'], sourceIdentity: 'shop' },
  { roleArn: LAST, externalId: 'contract-7', durationSeconds: 900 },
];
const get = (options: ClientStsExchangerOptions) =>
  getAwsCredentials(isolated({ assumeRole: chain, exchanger: clientStsExchanger(options) }));

/** Clients that `clientFor` made, in order; each with a handler that records. */
function signingClients(region = 'eu-central-1', respond?: Parameters<typeof recordingHandler>[0]) {
  const { sent, handler } = recordingHandler(respond);
  const made: { readonly keys: AwsHopRequest['keys']; readonly destroyed: () => number }[] = [];
  const clientFor = (credentials: AwsHopRequest['keys']): STSClient => {
    const client = new STSClient({ region, maxAttempts: 1, requestHandler: handler, credentials });
    const destroy = vi.spyOn(client, 'destroy');
    made.push({ keys: credentials, destroyed: () => destroy.mock.calls.length });
    return client;
  };
  return { sent, made, clientFor };
}

/** `[RoleArn, the access key that signed, the region of the signature]`; no key where the request is not signed. */
const said = (request: { readonly body: string; readonly headers: Readonly<Record<string, string>> }) => {
  const [, key, region] =
    /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers['authorization'] ?? '') ?? [];
  return [new URLSearchParams(request.body).get('RoleArn'), key, region];
};

describe('the given client', () => {
  it('sends the token, and `clientFor` makes a client for each hop, with the session of the hop before', async () => {
    const base = stubbedClient();
    const hops = signingClients();
    // Distinct from the answer of the first session.
    const { accountId, accessKeyId } = await get({ client: base.client, clientFor: hops.clientFor });
    expect(base.sent.map(said)).toEqual([[ROLE, undefined, undefined]]);
    expect(hops.sent.map(said)).toEqual([
      [MIDDLE, 'ASIAEXAMPLE1', 'eu-central-1'],
      [LAST, 'ASIAEXAMPLE1', 'eu-central-1'],
    ]);
    expect(hops.made.map(({ keys }) => keys.sessionToken)).toEqual(['session==1', 'session==1']);
    expect([accountId, accessKeyId]).toEqual(['210987654321', 'ASIAEXAMPLE2']);
  });

  it('and each client of a hop keep their own regions, and no region is looked for', async () => {
    const base = stubbedClient();
    const hops = signingClients('ap-south-1');
    const onEvent = vi.fn();
    const exchanger = clientStsExchanger({ client: base.client, clientFor: hops.clientFor });
    const provider = awsCredentialsProvider(isolated({ assumeRole: chain, exchanger, onEvent }));
    await provider({ callerClientConfig: { region: 'cn-north-1' } });
    expect(base.sent.map(({ url }) => url.host)).toEqual(['sts.eu-west-1.amazonaws.com']);
    expect(hops.sent.map(({ url }) => url.host)).toEqual(Array(2).fill('sts.ap-south-1.amazonaws.com'));
    expect(onEvent.mock.calls.map(([event]) => (event as { type: string }).type)).not.toContain('warning');
  });

  it('sends what each hop asks for', async () => {
    const hops = signingClients();
    await get({ client: stubbedClient().client, clientFor: hops.clientFor });
    const forms = hops.sent.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    expect(forms).toEqual([
      expect.objectContaining({
        Action: 'AssumeRole',
        'Tags.member.1.Key': 'team',
        'Tags.member.1.Value': 'data',
        'TransitiveTagKeys.member.1': 'team',
        SourceIdentity: 'shop',
      }),
      expect.objectContaining({ ExternalId: 'contract-7', DurationSeconds: '900' }),
    ]);
    expect(forms[1]).not.toHaveProperty('SourceIdentity');
  });

  it('is not destroyed; a client of a hop is, once, after its request', async () => {
    const base = stubbedClient();
    const destroy = vi.spyOn(base.client, 'destroy');
    const hops = signingClients();
    await get({ client: base.client, clientFor: hops.clientFor });
    expect(hops.made.map(({ destroyed }) => destroyed())).toEqual([1, 1]);
    expect(destroy).not.toHaveBeenCalled();
  });

  it('shares its sockets: a client of a hop with the same request handler is not destroyed', async () => {
    const base = stubbedClient();
    const destroyed = vi.fn();
    Object.assign(base.client.config.requestHandler, { destroy: destroyed });
    const clientFor = (credentials: AwsHopRequest['keys']): STSClient =>
      new STSClient({
        region: 'eu-west-1',
        maxAttempts: 1,
        requestHandler: base.client.config.requestHandler,
        credentials,
      });
    await get({ client: base.client, clientFor });
    expect(base.sent.map(({ body }) => new URLSearchParams(body).get('RoleArn'))).toEqual([
      ROLE,
      MIDDLE,
      LAST,
    ]);
    expect(destroyed).not.toHaveBeenCalled();
  });

  it('is destroyed too where the hop is refused, and the error names that hop', async () => {
    const hops = signingClients('eu-west-1', () => ({ status: 403, body: errorXml('AccessDenied', 'no') }));
    const error = await rejection(get({ client: stubbedClient().client, clientFor: hops.clientFor }));
    expect(error).toMatchObject({ code: 'access_denied', serverCode: 'AccessDenied', status: 403 });
    expect((error as Error).message).toContain('Role 1 of `assumeRole`');
    expect(hops.made.map(({ destroyed }) => destroyed())).toEqual([1]);
  });

  it('keeps the keys that it signs with apart from those of the cache', async () => {
    const hops = signingClients();
    const clientFor = (credentials: AwsHopRequest['keys']): STSClient => {
      const client = hops.clientFor({ ...credentials });
      // The AWS SDK writes on what it is given.
      Object.assign(credentials, { accessKeyId: 'overwritten' });
      return client;
    };
    const exchanger = clientStsExchanger({ client: stubbedClient().client, clientFor });
    const options = isolated({ exchanger });
    await getAwsCredentials({ ...options, assumeRole: [{ roleArn: MIDDLE }] });
    await getAwsCredentials({ ...options, assumeRole: [{ roleArn: LAST }] });
    expect(hops.made.map(({ keys }) => keys.accessKeyId)).toEqual(['ASIAEXAMPLE1', 'ASIAEXAMPLE1']);
  });
});

describe('is refused with a code', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an object that is no client', { config: {} }],
    ['a promise', Promise.resolve()],
  ])('`clientFor` that returns %s, before anything is sent', async (_what, returned) => {
    const base = stubbedClient();
    const error = await rejection(get({ client: base.client, clientFor: () => returned as STSClient }));
    expect(OptionError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: 'invalid_option', option: 'clientFor' });
    expect(base.sent).toHaveLength(1);
  });

  it('`clientFor` that returns `client`, which would sign with other credentials', async () => {
    const { client } = stubbedClient();
    const error = await rejection(get({ client, clientFor: () => client }));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'clientFor' });
  });

  it('`clientFor` without `client`: it would have no effect', () => {
    const error = thrownBy(() => clientStsExchanger({ clientFor: () => stubbedClient().client }));
    expect(error).toMatchObject({ code: 'conflicting_options', option: 'clientFor' });
  });

  it('`client` without `clientFor`, with the option to add', async () => {
    const error = await rejection(get({ client: stubbedClient().client }));
    expect(error).toMatchObject({ code: 'conflicting_options', option: 'assumeRole' });
    expect((error as Error).message).toContain('`clientFor`');
  });
});
