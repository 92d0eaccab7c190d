import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { FederationError, OptionError, createCredentialCache } from '@credex/core';
import type { AwsCredentialIdentityProvider } from '@smithy/types';
import { describe, expect, it, vi } from 'vitest';
import { awsCredentialsProvider, getAwsCredentials } from './aws-credentials-provider.js';
import {
  NOW,
  clockAt,
  errorXml,
  isolated,
  issuedXml,
  recordingFetch,
  recordingHandler,
  rejection,
  subjectJwt,
  tokenSource,
} from './aws.fixture.js';

const IDENTITY =
  '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';

describe('awsCredentialsProvider', () => {
  it('returns a separate object for each call, from one exchange', async () => {
    const { sent, fetch } = recordingFetch();
    const provider = awsCredentialsProvider(isolated({ fetch, region: 'eu-west-1' }));
    const first = await provider();
    expect(first).toMatchObject({ accessKeyId: 'ASIAEXAMPLE1', accountId: '123456789012' });
    expect(first.expiration).toEqual(new Date(first.expiresAt));
    expect(Object.isFrozen(first)).toBe(false);
    expect(await provider()).toEqual(first);
    expect(await provider.getCredentials()).not.toBe(first);
    expect(sent).toHaveLength(1);
  });

  it('makes one exchange for 20 providers of equal options, each asked 25 times at once', async () => {
    const cache = createCredentialCache();
    const { sent, fetch } = recordingFetch();
    const asked = Array.from({ length: 20 }, () =>
      awsCredentialsProvider(isolated({ cache, fetch, region: 'eu-west-1' })),
    ).flatMap((provider) => Array.from({ length: 25 }, () => provider()));
    const got = await Promise.all(asked);
    expect(sent).toHaveLength(1);
    expect(new Set(got.map(({ sessionToken }) => sessionToken))).toEqual(new Set(['session==1']));
  });

  it('captures the identity in the call, before anything is awaited', () => {
    const capture = vi.fn(tokenSource().capture);
    const { fetch } = recordingFetch();
    const options = isolated({ fetch, region: 'eu-west-1', tokenSource: { capture } });
    const asked = [
      awsCredentialsProvider(options)({ callerClientConfig: { region: async () => 'eu-west-1' } }),
      awsCredentialsProvider(options).getCredentials(),
      getAwsCredentials(options),
    ];
    expect(capture).toHaveBeenCalledTimes(3);
    return Promise.all(asked);
  });

  it('honours `forceRefresh` of an SDK client once the cached credential is a minute old, and of a user always', async () => {
    const clock = clockAt();
    const { sent, fetch } = recordingFetch();
    const provider = awsCredentialsProvider(isolated({ fetch, region: 'eu-west-1', clock }));
    await provider();
    await provider({ forceRefresh: false });
    clock.set(NOW + 59_999);
    const forced = await Promise.all(Array.from({ length: 20 }, () => provider({ forceRefresh: true })));
    for (const { accessKeyId } of forced) expect(accessKeyId).toBe('ASIAEXAMPLE1');
    clock.set(NOW + 60_000);
    const later = await Promise.all(Array.from({ length: 20 }, () => provider({ forceRefresh: true })));
    expect(later.at(-1)).toMatchObject({ accessKeyId: 'ASIAEXAMPLE2' });
    expect(sent).toHaveLength(2);
    expect(await provider.getCredentials({ forceRefresh: true })).toMatchObject({
      accessKeyId: 'ASIAEXAMPLE3',
    });
    expect(sent).toHaveLength(3);
  });

  it('refreshes for a client that forces it although the young cached credential was refused by a service', async () => {
    const clock = clockAt();
    const { sent, fetch } = recordingFetch();
    const provider = awsCredentialsProvider(isolated({ fetch, region: 'eu-west-1', clock }));
    await provider();
    clock.set(NOW + 20_000);
    provider.invalidate();
    expect(await provider({ forceRefresh: true })).toMatchObject({ accessKeyId: 'ASIAEXAMPLE2' });
    expect(sent).toHaveLength(2);
  });

  it('takes `minValidityMs` of a call and of the provider', async () => {
    const clock = clockAt();
    const { sent, fetch } = recordingFetch();
    const minValidityMs = 44 * 60_000;
    const options = isolated({ fetch, region: 'eu-west-1', clock });
    const provider = awsCredentialsProvider(options);
    await provider();
    clock.set(NOW + 20 * 60_000);
    expect(await provider()).toMatchObject({ accessKeyId: 'ASIAEXAMPLE1' });
    expect(await provider.getCredentials({ minValidityMs })).toMatchObject({ accessKeyId: 'ASIAEXAMPLE2' });
    clock.set(NOW + 40 * 60_000);
    expect(await awsCredentialsProvider({ ...options, minValidityMs })()).toMatchObject({
      accessKeyId: 'ASIAEXAMPLE3',
    });
    expect(sent).toHaveLength(3);
    expect(() =>
      awsCredentialsProvider({ ...options, durationSeconds: 900, minValidityMs: 450_000 }),
    ).toThrow('less than half of the duration');
  });

  it('forgets a credential that a service refused, by itself or by a rule', async () => {
    const clock = clockAt();
    const { fetch } = recordingFetch();
    const provider = awsCredentialsProvider(isolated({ fetch, region: 'eu-west-1', clock }));
    const first = await provider();
    clock.set(NOW + 60_000);
    provider.invalidate({ ...first, sessionToken: 'of another' });
    expect(await provider()).toEqual(first);
    provider.invalidate(first);
    const second = await provider();
    expect(second.accessKeyId).toBe('ASIAEXAMPLE2');
    clock.set(NOW + 120_000);
    provider.invalidate((held) => held.expiration.getTime() !== second.expiresAt);
    expect(await provider()).toEqual(second);
    provider.invalidate((held) => held.accessKeyId === second.accessKeyId);
    expect((await provider()).accessKeyId).toBe('ASIAEXAMPLE3');
    clock.set(NOW + 180_000);
    provider.invalidate();
    expect((await provider()).accessKeyId).toBe('ASIAEXAMPLE4');
  });

  it('tells its state', async () => {
    const { fetch } = recordingFetch();
    const provider = awsCredentialsProvider(isolated({ fetch, region: 'eu-west-1' }));
    expect(provider.status().state).toBe('empty');
    await provider();
    expect(provider.status()).toMatchObject({ state: 'fresh', since: NOW });
  });

  it('says on the diagnostics channel, too, that the default region was taken', async () => {
    vi.stubEnv('AWS_REGION', '');
    vi.stubEnv('AWS_DEFAULT_REGION', '');
    const { fetch } = recordingFetch();
    const said: unknown[] = [];
    const note = (event: unknown): void => void said.push(event);
    subscribe('credex', note);
    await getAwsCredentials(isolated({ fetch }));
    unsubscribe('credex', note);
    expect(said).toContainEqual({
      type: 'warning',
      provider: 'aws',
      message: expect.stringContaining('No region is known') as string,
    });
    vi.unstubAllEnvs();
  });

  it('fails no call if the listener of a warning throws', async () => {
    vi.stubEnv('AWS_REGION', '');
    vi.stubEnv('AWS_DEFAULT_REGION', '');
    const { fetch } = recordingFetch();
    const onEvent = (): never => {
      throw new Error('the log is full');
    };
    await expect(getAwsCredentials(isolated({ fetch, onEvent }))).resolves.toBeDefined();
    vi.unstubAllEnvs();
  });

  it('refuses a refresh window of half of the duration that was asked for', () => {
    const cache = createCredentialCache({ refreshAheadMs: 450_000 });
    expect(() => awsCredentialsProvider(isolated({ cache, durationSeconds: 900 }))).toThrow(OptionError);
  });
});

describe('an AWS client that takes the provider', () => {
  it('asks it instead of keeping credentials, and signs with what it gives', async () => {
    const { sent, fetch } = recordingFetch();
    const clock = clockAt();
    const provider = awsCredentialsProvider(isolated({ fetch, clock }));
    provider satisfies AwsCredentialIdentityProvider;
    const { sent: signed, handler } = recordingHandler(() => ({ body: IDENTITY }));
    const client = new STSClient({ region: 'eu-west-1', credentials: provider, requestHandler: handler });
    await client.send(new GetCallerIdentityCommand({}));
    await client.send(new GetCallerIdentityCommand({}));
    expect(provider.memoized).toBe(true);
    expect(sent.map(({ url }) => url.host)).toEqual(['sts.eu-west-1.amazonaws.com']);
    clock.set(NOW + 60_000);
    provider.invalidate();
    await client.send(new GetCallerIdentityCommand({}));
    const keys = signed.map(({ headers }) => /Credential=(\w+)\//.exec(headers['authorization'] ?? '')?.[1]);
    expect(keys).toEqual(['ASIAEXAMPLE1', 'ASIAEXAMPLE1', 'ASIAEXAMPLE2']);
    expect(signed[2]?.headers['x-amz-security-token']).toBe('session==2');
  });

  it('20 clients with one provider make one exchange', async () => {
    const { sent, fetch } = recordingFetch();
    const provider = awsCredentialsProvider(isolated({ fetch }));
    const { handler } = recordingHandler(() => ({ body: IDENTITY }));
    await Promise.all(
      Array.from({ length: 20 }, () =>
        new STSClient({ region: 'eu-west-1', credentials: provider, requestHandler: handler }).send(
          new GetCallerIdentityCommand({}),
        ),
      ),
    );
    expect(sent).toHaveLength(1);
  });
});

describe('secrets', () => {
  const jwt = subjectJwt({ jti: 'CANARY' });

  it.each([
    { status: 403, body: errorXml('AccessDenied', `for ${jwt}`) },
    { status: 400, body: errorXml('ExpiredTokenException', `for ${jwt}`) },
    { status: 500, body: jwt },
    { status: 200, body: issuedXml({ expiration: 'soon' }) },
    { status: 200, body: `<a>${jwt}` },
    { status: 307, headers: { location: `https://evil.example/?${jwt}` }, body: '' },
  ])('are in no error and no event: case %#', async (answer) => {
    const events: unknown[] = [];
    const { fetch } = recordingFetch(() => answer);
    const error = await rejection(
      getAwsCredentials(
        isolated({
          fetch,
          region: 'eu-west-1',
          tokenSource: tokenSource('p', jwt),
          onEvent: (event) => events.push(event),
        }),
      ),
    );
    expect(FederationError.isInstance(error)).toBe(true);
    const everything = inspect([error, events], { depth: 20, showHidden: true, getters: true });
    const marks = [jwt.split('.')[1] as string, 'secret/+1', 'session==1'];
    for (const mark of marks) expect(everything).not.toContain(mark);
  });

  it('print nothing', async () => {
    const spies = (['log', 'warn', 'error', 'info', 'debug'] as const).map((name) => vi.spyOn(console, name));
    const { fetch } = recordingFetch(() => ({ status: 200, body: '<html>' }));
    await rejection(getAwsCredentials(isolated({ fetch, region: 'eu-west-1' })));
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
