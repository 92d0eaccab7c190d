/** Credentials that age by the clouds' own clock: renewed in time, on demand, and when a service refuses one. */

import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { AwsCredentialsProviderOptions } from '@credex/aws';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import type { TokenCredential } from '@azure/core-auth';
import type { AzureTokenOptions } from '@credex/azure';
import { azureCredentialsProvider, getAzureCredentials } from '@credex/azure';
import type { Clock, SharedOptions } from '@credex/core';
import { createCredentialCache } from '@credex/core';
import { gcpCredentialsProvider, getGcpCredentials } from '@credex/gcp';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import type { ServiceName } from '@credex/testing/emulator';
import { vercelTokenSource } from '@credex/vercel';
import { Storage } from '@google-cloud/storage';
import { beforeEach, expect, test, vi } from 'vitest';
import { blobServiceClient } from '../support/blobs.js';
import { storageOptions } from '../support/cloud-storage.js';
import { setDeployment } from '../support/environment.js';
import { s3Client } from '../support/s3.js';
import { AWS, AZURE, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
beforeEach(() => setDeployment());

const MINUTE = 60_000;
const pass = (ms: number) => fixture.emulator.clock.advance(ms);
/** The options of a credential that no other test uses; `clock`: by default the emulator's. */
const isolated = (clock: Clock = fixture.clock): SharedOptions => ({
  cache: createCredentialCache(),
  clock,
  random: () => 0.5,
  tokenSource: vercelTokenSource({ clock }),
});
/** A request of now: its token is as young as the platform would make it. */
const request = async <T>(handle: () => Promise<T>): Promise<T> =>
  fixture.inRequest(await fixture.mint(), handle);

interface Issued {
  readonly secret: string;
  readonly expiresAt: number;
}
interface Row {
  readonly services: readonly ServiceName[];
  readonly get: (shared: SharedOptions, forceRefresh?: boolean) => Promise<Issued>;
}
const CLOUDS: readonly (readonly [string, Row])[] = [
  [
    'AWS',
    {
      services: ['aws-sts'],
      get: async (shared, forceRefresh) => {
        const options: AwsCredentialsProviderOptions = { ...fixture.options.aws, ...shared };
        const { accessKeyId, expiresAt } = await getAwsCredentials(options, { forceRefresh });
        return { secret: accessKeyId, expiresAt };
      },
    },
  ],
  [
    'Google Cloud',
    {
      services: ['gcp-sts', 'gcp-iam-credentials'],
      get: async (shared, forceRefresh) => {
        const options = { ...fixture.options.gcp, ...shared };
        const { accessToken, expiresAt } = await getGcpCredentials(options, { forceRefresh });
        return { secret: accessToken, expiresAt };
      },
    },
  ],
  [
    'Azure',
    {
      services: ['entra'],
      get: async (shared, forceRefresh) => {
        const options = { ...fixture.options.azure, ...shared };
        const { token, expiresAt } = await getAzureCredentials(options, { forceRefresh });
        return { secret: token, expiresAt };
      },
    },
  ],
];

test.each(CLOUDS)(
  '%s: renewed in the background before it expires, and waited for afterwards',
  async (_, { services, get }) => {
    const shared = isolated();
    const exchanges = () => services.map((service) => fixture.emulator.log.count(service));
    const all = (times: number) => services.map(() => times);
    const ask = () => request(() => get(shared));
    const askTogether = () => request(() => Promise.all(Array.from({ length: 50 }, () => get(shared))));
    const left = ({ expiresAt }: Issued) => expiresAt - fixture.emulator.clock.now();

    const first = await ask();
    pass(left(first) - 20 * MINUTE);
    expect((await ask()).secret).toBe(first.secret);
    expect(exchanges()).toEqual(all(1));

    // In the last quarter of its life: the call returns at once, and one refresh runs in the background.
    pass(12 * MINUTE);
    const answers = await askTogether();
    expect(new Set(answers.map(({ secret }) => secret))).toEqual(new Set([first.secret]));
    await vi.waitFor(() => expect(exchanges()).toEqual(all(2)), 5_000);
    const second = await vi.waitFor(async () => {
      const now = await ask();
      expect(now.secret).not.toBe(first.secret);
      return now;
    }, 5_000);
    expect(second.expiresAt).toBeGreaterThan(first.expiresAt);
    expect(exchanges()).toEqual(all(2));

    // There was no call for a while: an expired credential is never served.
    pass(left(second) + 1_000);
    const late = await askTogether();
    expect(new Set(late.map(({ secret }) => secret)).size).toBe(1);
    expect(late[0]?.secret).not.toBe(second.secret);
    expect(exchanges()).toEqual(all(3));
  },
);

test.each(CLOUDS)(
  '%s: forceRefresh brings another, once for all who ask together',
  async (_, { services, get }) => {
    const shared = isolated();
    const first = await request(() => get(shared));
    const forced = await request(() => Promise.all(Array.from({ length: 50 }, () => get(shared, true))));
    expect(new Set(forced.map(({ secret }) => secret)).size).toBe(1);
    expect(forced[0]?.secret).not.toBe(first.secret);
    expect((await request(() => get(shared))).secret).toBe(forced[0]?.secret);
    for (const service of services) expect(fixture.emulator.log.count(service)).toBe(2);
  },
);

/** A clock that has stayed behind, as that of an instance that slept: it believes that credentials are good. */
function lateClock(): Clock & { advance(ms: number): void } {
  let now = fixture.emulator.clock.now();
  return {
    now: () => now,
    monotonic: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}

test("AWS: after S3's ExpiredToken, invalidate() makes the next call bring another", async () => {
  const clock = lateClock();
  const provider = awsCredentialsProvider({ ...fixture.options.aws, ...isolated(clock) });
  const s3 = s3Client(fixture.emulator, { credentials: provider });
  const object = { Bucket: AWS.bucket, Key: 'refused.txt' };
  await request(() => s3.send(new PutObjectCommand({ ...object, Body: 'a' })));
  const refused = await request(() => provider.getCredentials());

  pass(2 * 60 * MINUTE);
  clock.advance(MINUTE);
  await request(() =>
    expect(s3.send(new GetObjectCommand(object))).rejects.toMatchObject({ name: 'ExpiredToken' }),
  );
  expect(fixture.emulator.log.count('aws-sts')).toBe(1);

  provider.invalidate(refused);
  const read = await request(async () => (await s3.send(new GetObjectCommand(object))).Body);
  expect(await read?.transformToString()).toBe('a');
  s3.destroy();
  expect(fixture.emulator.log.count('aws-sts')).toBe(2);
  // The credential that S3 refused is not the cached one: invalidating it again costs nothing.
  clock.advance(MINUTE);
  provider.invalidate(refused);
  await request(() => provider.getCredentials());
  expect(fixture.emulator.log.count('aws-sts')).toBe(2);
});

test('Google Cloud: the auth client meets a 401 with a new token, once', async () => {
  const clock = lateClock();
  const client = googleAuthClient({ ...fixture.options.gcp, ...isolated(clock) });
  const url = `${fixture.emulator.url('gcp-storage')}/storage/v1/b/${GCP.bucket}/o`;
  const list = () => client.request<{ kind: string }>({ url });
  expect((await request(list)).data.kind).toBe('storage#objects');

  pass(2 * 60 * MINUTE);
  clock.advance(MINUTE);
  expect(
    (await request(() => Promise.all(Array.from({ length: 10 }, list)))).map(({ status }) => status),
  ).toEqual(Array(10).fill(200));
  const statuses = fixture.emulator.log.entries('gcp-storage').map(({ status }) => status);
  expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(1);
  expect(statuses.filter((status) => status === 200)).toHaveLength(11);
  expect(fixture.emulator.log.count('gcp-iam-credentials')).toBe(2);
});

test('Google Cloud: Storage repeats nothing on a 401; the token is forgotten by its value', async () => {
  const clock = lateClock();
  const options = { ...fixture.options.gcp, ...isolated(clock) };
  const storage = new Storage({
    ...storageOptions(fixture.emulator),
    authClient: googleAuthClient(options),
  });
  const save = () => storage.bucket(GCP.bucket).file('a.txt').save('a', { resumable: false });
  await request(save);
  pass(2 * 60 * MINUTE);
  clock.advance(MINUTE);
  await request(() => expect(save()).rejects.toMatchObject({ code: 401 }));

  // The auth client is Google's shape, without `invalidate`: a provider over the same options has it.
  const provider = gcpCredentialsProvider(options);
  provider.invalidate(await request(() => provider.getCredentials()));
  await request(save);
  const statuses = fixture.emulator.log.entries('gcp-storage').map(({ status }) => status);
  expect(statuses).toEqual([200, 401, 200]);
});

const blobStatuses = () => fixture.emulator.log.entries('azure-blob').map(({ status }) => status);
const entraNotes = () => fixture.emulator.log.entries('entra').map(({ notes }) => notes);

test('Azure: a revoked token is challenged; the claims bring one that is taken, for every client of the process', async () => {
  const options = { ...fixture.options.azure, ...isolated() };
  const clientOf = () =>
    blobServiceClient(fixture.emulator, azureCredentialsProvider(options)).getContainerClient(
      AZURE.container,
    );
  const [one, other] = [clientOf(), clientOf()];
  const put = (container: typeof one, name: string) =>
    request(async () => {
      const { _response } = await container.getBlockBlobClient(name).upload('x', 1);
      return _response.status;
    });

  expect([await put(one, 'a'), await put(other, 'b')]).toEqual([201, 201]);
  expect(entraNotes()).toHaveLength(1);

  pass(MINUTE);
  const revokedAt = Math.floor(fixture.emulator.clock.now() / 1_000);
  fixture.emulator.azure.revokeTokensIssuedBefore(AZURE.clientId, revokedAt * 1_000);
  expect(await put(one, 'c')).toBe(201);
  expect(blobStatuses()).toEqual([201, 201, 401, 201]);
  expect(entraNotes()).toEqual([
    expect.objectContaining({ cae: 'true' }),
    expect.objectContaining({ cae: 'true', notBefore: String(revokedAt) }),
  ]);

  // The other client still has the revoked token in hand; a third one never had it.
  expect(await put(other, 'd')).toBe(201);
  expect(await put(clientOf(), 'e')).toBe(201);
  expect(blobStatuses().slice(4)).toEqual([401, 201, 201]);
  // A challenge is never answered from the cache: at most one exchange for each client that had the old token.
  expect(entraNotes().length).toBeLessThanOrEqual(3);
});

test('Azure: clients that are challenged at once share one exchange', async () => {
  // Entra dates tokens five minutes back: further from the other test's revocation than that.
  pass(10 * MINUTE);
  const options = { ...fixture.options.azure, ...isolated() };
  const provider = azureCredentialsProvider(options);
  const CLIENTS = 10;
  let challenged = 0;
  let allChallenged = (): void => undefined;
  const whenAllAre = new Promise<void>((resolve) => {
    allChallenged = resolve;
  });
  const counting: TokenCredential = {
    getToken: (scopes, asked) => {
      if (asked?.claims !== undefined) challenged += 1;
      if (challenged === CLIENTS) allChallenged();
      return provider.getToken(scopes, asked as AzureTokenOptions);
    },
  };
  const clients = Array.from({ length: CLIENTS }, () => blobServiceClient(fixture.emulator, counting));
  const putAll = () =>
    request(() =>
      Promise.all(
        clients.map((client, index) =>
          client.getContainerClient(AZURE.container).getBlockBlobClient(`many/${index}`).upload('x', 1),
        ),
      ),
    );
  await putAll();
  expect(entraNotes()).toHaveLength(1);

  pass(MINUTE);
  fixture.emulator.azure.revokeTokensIssuedBefore(AZURE.clientId, fixture.emulator.clock.now());
  fixture.emulator.faults.plant({ service: 'entra', fault: { kind: 'delay', until: whenAllAre } });
  await putAll();
  expect(blobStatuses().filter((status) => status === 401)).toHaveLength(CLIENTS);
  expect(blobStatuses().filter((status) => status === 201)).toHaveLength(2 * CLIENTS);
  expect(entraNotes()).toHaveLength(2);
});
