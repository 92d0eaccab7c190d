/** Which credentials sign passwords, for how long, and which options are refused. The bytes: test/wire/aws-passwords.test.ts. */

import type { CredentialEvent, PasswordFunction } from '@credex/core';
import { OptionError } from '@credex/core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  clockAt,
  isolated,
  issuedXml,
  recordingFetch,
  stubbedClient,
  thrownBy,
  withoutPlatform,
} from './aws.fixture.js';
import { awsCredentialsProvider } from './aws-credentials-provider.js';
import { clientStsExchanger } from './client-sts.js';
import { dsqlPassword } from './dsql.js';
import { elastiCachePassword, memoryDbPassword } from './elasticache.js';
import { mskToken } from './msk.js';
import type { AwsPasswordOptions } from './password.js';
import { rdsPassword } from './rds.js';

withoutPlatform();

const hostname = 'shop.c9akciq32rgt.eu-west-1.rds.amazonaws.com';
const login = { hostname, port: 5432, username: 'shop' };

const parameters = (password: string): URLSearchParams => new URL(`https://${password}`).searchParams;
const secondsOf = async (password: PasswordFunction): Promise<number> =>
  Number(parameters(await password()).get('X-Amz-Expires'));

/** Sessions of `lifetimeMs` from the clock's time on; fails from `fails` on. */
function sessions(lifetimeMs: number, more: AwsPasswordOptions = {}) {
  const clock = clockAt();
  const state = { down: false };
  const events: CredentialEvent[] = [];
  const { sent, fetch } = recordingFetch((_sent, n) =>
    state.down
      ? { status: 503, body: '' }
      : { body: issuedXml({ n, expiration: new Date(clock.now() + lifetimeMs).toISOString() }) },
  );
  const onEvent = (event: CredentialEvent): void => void events.push(event);
  return { sent, clock, state, events, options: isolated({ clock, fetch, onEvent, ...more }) };
}

describe('the session that signs', () => {
  it('is valid for as long as the password, where its lifetime allows', async () => {
    const { sent, clock, options } = sessions(3_600_000);
    const password = rdsPassword({ ...login, ...options });
    for (let minute = 0; minute < 120; minute += 5) {
      expect(await secondsOf(password)).toBe(900);
      clock.set(clock.now() + 5 * 60_000);
    }
    expect(sent).toHaveLength(3);
  });

  it('of 15 minutes costs an exchange for each refresh window, without a warning', async () => {
    const { sent, clock, events, options } = sessions(900_000, { durationSeconds: 900 });
    const password = rdsPassword({ ...login, ...options });
    const seconds = [];
    for (let call = 0; call < 20; call += 1) {
      seconds.push(await secondsOf(password));
      clock.set(clock.now() + 45_000);
    }
    // 15 minutes of calls: one exchange for each 225 s.
    expect(sent.length).toBeLessThanOrEqual(5);
    expect(Math.min(...seconds)).toBeGreaterThanOrEqual(675);
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
  });

  it('is used until it ends while a refresh fails, and the password ends with it', async () => {
    const { clock, state, options } = sessions(3_600_000);
    const password = rdsPassword({ ...login, ...options });
    await password();
    state.down = true;
    clock.set(clock.now() + 50 * 60_000);
    expect(await secondsOf(password)).toBe(600);
    expect((await password.withExpiry()).expiresAt).toBe(clock.now() + 600_000);
  });

  it('is one for 20 connections and for all targets', async () => {
    const { sent, options } = sessions(3_600_000);
    const rds = rdsPassword({ ...login, ...options });
    const dsql = dsqlPassword({ hostname: 'a.dsql.eu-west-1.on.aws', ...options });
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? rds() : dsql())));
    expect(sent).toHaveLength(1);
  });

  it('is that of a provider', async () => {
    const { sent, options } = sessions(900_000, { durationSeconds: 900 });
    const credentials = awsCredentialsProvider({ ...options, region: 'eu-west-1' });
    const password = rdsPassword({ ...login, credentials, clock: options.clock });
    expect(await secondsOf(password)).toBe(900);
    expect(parameters(await password()).get('X-Amz-Credential')).toMatch(
      /^ASIAEXAMPLE1\/.*\/eu-west-1\/rds-db\//,
    );
    expect(sent).toHaveLength(1);
  });

  it('is requested once more from a provider of the AWS SDK if it ends before the password', async () => {
    const clock = clockAt();
    const keys = (ms: number) => ({
      accessKeyId: `ASIA${ms}`,
      secretAccessKey: 'k',
      expiration: new Date(clock.now() + ms),
    });
    const calls: unknown[] = [];
    const credentials = async (properties?: Record<string, unknown>) => {
      calls.push(properties);
      return keys(properties === undefined ? 600_000 : 1_200_000);
    };
    const password = mskToken({ region: 'eu-west-1', clock, credentials });
    const url = new URL(Buffer.from(await password(), 'base64url').toString());
    expect(calls).toEqual([undefined, { forceRefresh: true }]);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
    expect(url.searchParams.get('User-Agent')).toBe('credex');
  });

  it('comes from an exchanger with its own region', async () => {
    const { sent, client } = stubbedClient();
    const exchanger = clientStsExchanger({ client });
    await rdsPassword({ ...login, ...isolated({ exchanger }) })();
    expect(sent).toHaveLength(1);
  });

  it('does not depend on what a client passes', async () => {
    const { options } = sessions(3_600_000);
    const password = rdsPassword({ ...login, ...options }) as (...passed: unknown[]) => Promise<string>;
    expect(await password({ username: 'root', forceRefresh: true })).toContain('DBUser=shop');
  });
});

describe('the region', () => {
  const regionOf = async (more: object): Promise<string | undefined> =>
    parameters(await rdsPassword({ ...login, ...sessions(3_600_000).options, ...more })())
      .get('X-Amz-Credential')
      ?.split('/')[2];

  beforeEach(() => vi.stubEnv('AWS_REGION', 'us-east-1'));

  it('is that of the host name, whatever region the platform runs in', async () => {
    expect(await regionOf({})).toBe('eu-west-1');
    expect(await regionOf({ region: 'eu-west-1' })).toBe('eu-west-1');
  });

  it('is the option or the environment for a host name without one', async () => {
    const global = { hostname: 'shop.global-c9akciq32rgt.global.rds.amazonaws.com' };
    expect(await regionOf(global)).toBe('us-east-1');
    expect(await regionOf({ ...global, region: 'us-west-2' })).toBe('us-west-2');
    expect(await regionOf({ hostname: 'eu-west-1.example.com' })).toBe('us-east-1');
  });
});

describe('an option', () => {
  const given = { region: 'eu-west-1', roleArn: 'arn:aws:iam::123456789012:role/app' };
  it.each<[string, string, RegExp, () => unknown]>([
    ['no host name', 'hostname', /is missing/, () => rdsPassword({ ...given, port: 1 } as never)],
    [
      'a host name with its port',
      'hostname',
      /without a scheme, a port/,
      () => rdsPassword({ ...given, ...login, hostname: 'a.b:5432' }),
    ],
    [
      'a URL',
      'hostname',
      /without a scheme, a port/,
      () => dsqlPassword({ ...given, hostname: 'https://a.b' }),
    ],
    [
      'no port',
      'port',
      /5432 for PostgreSQL or 3306 for MySQL/,
      () => rdsPassword({ ...given, ...login, port: undefined } as never),
    ],
    [
      'a port as text',
      'port',
      /from 1 to 65535/,
      () => rdsPassword({ ...given, ...login, port: '5432' } as never),
    ],
    ['no user', 'username', /is missing/, () => rdsPassword({ ...given, hostname, port: 1 } as never)],
    [
      'half a character',
      'username',
      /the name of a database user/,
      () => rdsPassword({ ...given, ...login, username: 'a\ud800' }),
    ],
    [
      'a line break',
      'userId',
      /the name of a database user/,
      () => elastiCachePassword({ ...given, cacheName: 'c', userId: 'a\n' }),
    ],
    [
      'the endpoint of a cache',
      'cacheName',
      /not its endpoint/,
      () => elastiCachePassword({ ...given, cacheName: 'c.x.cache.amazonaws.com', userId: 'a' }),
    ],
    [
      'the endpoint of a cluster',
      'clusterName',
      /not its endpoint/,
      () => memoryDbPassword({ ...given, clusterName: 'c.x', userName: 'a' }),
    ],
    [
      'admin as text',
      'admin',
      /true or false/,
      () => dsqlPassword({ ...given, hostname: 'h', admin: 'yes' } as never),
    ],
    [
      'no region',
      'region',
      /AWS_REGION or AWS_DEFAULT_REGION/,
      () => mskToken({ ...given, region: undefined }),
    ],
    ['a region in words', 'region', /a region of AWS/, () => mskToken({ ...given, region: 'Ireland' })],
    [
      'another region than the host name',
      'region',
      /`hostname` is in eu-west-1.*pass `region: 'eu-west-1'`/,
      () => rdsPassword({ ...given, ...login, region: 'us-east-1' }),
    ],
    [
      'an unknown name',
      'user',
      /rdsPassword knows no option `user`/,
      () => rdsPassword({ ...given, ...login, user: 'a' } as never),
    ],
    [
      'no function',
      'credentials',
      /a credential provider/,
      () => mskToken({ region: 'eu-west-1', credentials: {} } as never),
    ],
    [
      'options next to a provider',
      'roleArn',
      /set it on the provider that you pass/,
      () => mskToken({ ...given, credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }) }),
    ],
    [
      'no role',
      'roleArn',
      /set the environment variable AWS_ROLE_ARN/,
      () => mskToken({ region: 'eu-west-1' }),
    ],
  ])('is refused at once: %s', (_what, option, message, make) => {
    const error = thrownBy(make);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option });
    expect((error as OptionError).message).toMatch(message);
  });
});
