import type { CredentialEvent } from '@credex/core';
import { OptionError } from '@credex/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { awsCredentialsProvider } from './aws-credentials-provider.js';
import type { AwsCredentialsProviderOptions } from './options.js';
import { isolated, recordingFetch, rejection } from './aws.fixture.js';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', '');
  vi.stubEnv('AWS_DEFAULT_REGION', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const role = (partition: string): string => `arn:${partition}:iam::123456789012:role/app`;

function setUp(options: AwsCredentialsProviderOptions = {}) {
  const events: CredentialEvent[] = [];
  const { sent, fetch } = recordingFetch();
  const provider = awsCredentialsProvider(
    isolated({ fetch, onEvent: (event) => events.push(event), ...options }),
  );
  return {
    provider,
    warnings: () => events.filter(({ type }) => type === 'warning'),
    events,
    hosts: () => sent.map(({ url }) => url.host),
    sent,
  };
}

/** What an SDK client of that region hands over. */
const client = (region: unknown) => ({ callerClientConfig: { region, credentials: 'CANARY' } });

describe('the region whose token service is asked', () => {
  it("is the calling client's, with no AWS_REGION in sight", async () => {
    const { provider, hosts, warnings } = setUp();
    await provider(client(async () => 'eu-west-1'));
    expect(hosts()).toEqual(['sts.eu-west-1.amazonaws.com']);
    expect(warnings()).toEqual([]);
  });

  it("is the calling client's before the option's before the environment's", async () => {
    vi.stubEnv('AWS_REGION', 'ap-south-1');
    vi.stubEnv('AWS_DEFAULT_REGION', 'sa-east-1');
    const first = setUp({ region: 'us-west-2' });
    await first.provider(client('eu-west-1'));
    const second = setUp({ region: 'us-west-2' });
    await second.provider();
    const third = setUp();
    await third.provider();
    vi.stubEnv('AWS_REGION', '');
    const fourth = setUp();
    await fourth.provider.getCredentials();
    expect([first, second, third, fourth].flatMap(({ hosts }) => hosts())).toEqual([
      'sts.eu-west-1.amazonaws.com',
      'sts.us-west-2.amazonaws.com',
      'sts.ap-south-1.amazonaws.com',
      'sts.sa-east-1.amazonaws.com',
    ]);
  });

  it('can be named for one call', async () => {
    const { provider, hosts } = setUp({ region: 'us-west-2' });
    await provider.getCredentials({ request: { region: 'eu-north-1' } });
    expect(hosts()).toEqual(['sts.eu-north-1.amazonaws.com']);
    await expect(provider.getCredentials({ request: { region: 'evil.com/#' } })).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'request.region',
    });
  });

  it.each([
    ['aws', 'sts.us-east-1.amazonaws.com'],
    ['aws-cn', 'sts.cn-northwest-1.amazonaws.com.cn'],
    ['aws-us-gov', 'sts.us-gov-west-1.amazonaws.com'],
    ['aws-eusc', 'sts.eusc-de-east-1.amazonaws.eu'],
    ['aws-iso', 'sts.us-iso-east-1.c2s.ic.gov'],
    ['aws-iso-b', 'sts.us-isob-east-1.sc2s.sgov.gov'],
    ['aws-iso-e', 'sts.eu-isoe-west-1.cloud.adc-e.uk'],
    ['aws-iso-f', 'sts.us-isof-south-1.csp.hci.ic.gov'],
  ])('falls to the default of the partition %s, and says so', async (partition, host) => {
    const { provider, hosts, warnings } = setUp({ roleArn: role(partition) });
    await provider();
    expect(hosts()).toEqual([host]);
    expect(warnings()).toMatchObject([{ provider: 'aws', message: expect.stringContaining(partition) }]);
    await provider();
    expect(warnings()).toHaveLength(1);
  });

  it('is of no weight where an endpoint is named, so nothing is said of it', async () => {
    const { provider, hosts, warnings } = setUp({
      endpoint: 'https://vpce-1.sts.eu-west-1.vpce.amazonaws.com',
    });
    await provider();
    expect(hosts()).toEqual(['vpce-1.sts.eu-west-1.vpce.amazonaws.com']);
    expect(warnings()).toEqual([]);
  });

  it.each<[unknown, string]>([
    ['auto', 'of another vendor'],
    ['aws-global', 'global'],
    ['evil.com/#', 'hostile'],
    [42, 'not text'],
    [undefined, 'missing'],
    [() => Promise.reject(new Error('Region is missing')), 'failing'],
  ])("passes over a calling client's region that is none: %s (%s)", async (region) => {
    const { provider, hosts } = setUp({ region: 'us-west-2' });
    await provider(client(region));
    expect(hosts()).toEqual(['sts.us-west-2.amazonaws.com']);
  });

  it('takes a region that is newer than the table for one of the partition aws', async () => {
    const { provider, hosts } = setUp();
    await provider(client('zz-north-7'));
    expect(hosts()).toEqual(['sts.zz-north-7.amazonaws.com']);
  });
});

describe('a region of another partition than the role', () => {
  it.each([
    ['aws', 'cn-north-1'],
    ['aws', 'us-gov-east-1'],
    ['aws-cn', 'eu-west-1'],
    ['aws-us-gov', 'us-east-1'],
    ['aws-eusc', 'eu-central-1'],
    ['aws-iso', 'us-isob-east-1'],
  ])('role in %s, calling client in %s: nothing is sent', async (partition, region) => {
    const { provider, sent } = setUp({ roleArn: role(partition) });
    const error = await rejection(provider(client(region)));
    expect(OptionError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: 'conflicting_options', option: 'region' });
    expect(sent).toEqual([]);
  });

  it('from the environment is refused when it would be used, since the platform may have set it', async () => {
    vi.stubEnv('AWS_REGION', 'us-east-1');
    const { provider, hosts } = setUp({ roleArn: role('aws-us-gov') });
    await expect(provider()).rejects.toMatchObject({
      code: 'conflicting_options',
      environmentVariable: 'AWS_REGION',
      message: expect.stringContaining('us-gov-west-1') as string,
    });
    await provider(client('us-gov-east-1'));
    expect(hosts()).toEqual(['sts.us-gov-east-1.amazonaws.com']);
  });
});

describe("the calling client's configuration", () => {
  it('is not looked at on a hit', async () => {
    const { provider } = setUp();
    const region = vi.fn(async () => 'eu-west-1');
    await provider(client(region));
    await provider(client(region));
    expect(region).toHaveBeenCalledTimes(1);
  });

  it('reaches no event and no error', async () => {
    const { provider, events } = setUp();
    const error = await rejection(provider(client('cn-north-1')));
    await provider(client('auto'));
    const { inspect } = await import('node:util');
    const everything = inspect([events, error], { depth: 20, showHidden: true });
    expect(everything).not.toContain('CANARY');
    expect(everything).not.toContain('callerClientConfig');
  });
});
