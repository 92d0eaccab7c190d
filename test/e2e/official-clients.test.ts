/** The vendors' own clients, each with a credex credential: an object is written and read, by whom the log says. */

import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { awsCredentialsProvider } from '@credex/aws';
import { azureCredentialsProvider } from '@credex/azure';
import type { GcpCredentialsProviderOptions } from '@credex/gcp';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import type { LogEntry, ServiceName } from '@credex/testing/emulator';
import { Storage } from '@google-cloud/storage';
import { Storage as Storage8 } from '@google-cloud/storage-8';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { blobServiceClient } from '../support/blobs.js';
import { storageOptions } from '../support/cloud-storage.js';
import { setDeployment } from '../support/environment.js';
import { s3Client } from '../support/s3.js';
import { AWS, AZURE, FEDERATED_BUCKET, GCP, PRODUCTION_SUBJECT, principalOf } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
let production: string;
beforeAll(async () => {
  production = await fixture.mint();
});
beforeEach(() => {
  setDeployment();
});

/** What a service said of each request, in order: the status, and the notes that are named. */
const said = (service: ServiceName, ...notes: string[]) =>
  fixture.emulator.log
    .entries(service)
    .map((entry: LogEntry) => [entry.status, ...notes.map((name) => entry.notes[name])]);

const TEXT = 'an order of 3 pears';

test('S3Client takes the provider as `credentials`', async () => {
  const s3 = s3Client(fixture.emulator, { credentials: awsCredentialsProvider(fixture.options.aws) });
  const object = { Bucket: AWS.bucket, Key: 'orders/1.txt' };
  const read = await fixture.inRequest(production, async () => {
    await s3.send(new PutObjectCommand({ ...object, Body: TEXT }));
    return (await s3.send(new GetObjectCommand(object))).Body?.transformToString();
  });
  s3.destroy();

  expect(read).toBe(TEXT);
  const caller = `arn:aws:sts::${AWS.accountId}:assumed-role/shop-production/credex-prj_shop-production`;
  expect(said('aws-s3', 'caller', 'verdict')).toEqual([
    [200, caller, 'allowed'],
    [200, caller, 'allowed'],
  ]);
  expect(said('aws-sts', 'subject', 'signed')).toEqual([[200, PRODUCTION_SUBJECT, 'false']]);
});

test('S3Client is refused where the role has no right, with the error that S3 gave', async () => {
  const s3 = s3Client(fixture.emulator, { credentials: awsCredentialsProvider(fixture.options.aws) });
  fixture.emulator.aws.createBucket({ name: 'payroll', accountId: AWS.accountId, region: AWS.region });
  await fixture.inRequest(production, () =>
    expect(s3.send(new GetObjectCommand({ Bucket: 'payroll', Key: 'all.csv' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    }),
  );
  s3.destroy();
});

interface CloudFile {
  save(data: string, options: { resumable: boolean }): Promise<unknown>;
  download(): Promise<[Buffer]>;
}

describe('@google-cloud/storage', () => {
  // Each copy of google-auth-library has its own class AuthClient: its type is inferred.
  const clientOf = {
    7: (options: GcpCredentialsProviderOptions) =>
      new Storage({ ...storageOptions(fixture.emulator), authClient: googleAuthClient(options) }),
    8: (options: GcpCredentialsProviderOptions) =>
      new Storage8({ ...storageOptions(fixture.emulator), authClient: googleAuthClient(options) }),
  };
  const versions = [7, 8] as const;

  test.each(versions)('%i as the service account', async (version) => {
    const storage = clientOf[version](fixture.options.gcp);
    const file: CloudFile = storage.bucket(GCP.bucket).file(`orders/${version}.txt`);
    const [read] = await fixture.inRequest(production, async () => {
      await file.save(TEXT, { resumable: false });
      return file.download();
    });

    expect(read.toString()).toBe(TEXT);
    const principal = `serviceAccount:${GCP.serviceAccountEmail}`;
    const requests = said('gcp-storage', 'action', 'principal', 'verdict');
    expect(requests).toContainEqual([200, 'storage.objects.insert', principal, 'allowed']);
    expect(requests).toContainEqual([200, 'storage.objects.get', principal, 'allowed']);
    expect(new Set(requests.map(([, , name]) => name))).toEqual(new Set([principal]));
  });

  test.each(versions)('%i as the federated principal, on a bucket bound to it', async (version) => {
    const storage = clientOf[version](fixture.options.gcpFederated);
    const file: CloudFile = storage.bucket(FEDERATED_BUCKET).file(`orders/${version}.txt`);
    const foreign: CloudFile = storage.bucket(GCP.bucket).file('orders/1.txt');
    const [read] = await fixture.inRequest(production, async () => {
      await file.save(TEXT, { resumable: false });
      return file.download();
    });

    expect(read.toString()).toBe(TEXT);
    const principal = principalOf(PRODUCTION_SUBJECT);
    expect(new Set(said('gcp-storage', 'principal', 'verdict').map(([, ...notes]) => notes.join()))).toEqual(
      new Set([`${principal},allowed`]),
    );
    expect(fixture.emulator.log.count('gcp-iam-credentials')).toBe(0);

    await fixture.inRequest(production, () =>
      expect(foreign.download()).rejects.toMatchObject({ code: 403 }),
    );
  });
});

test('the auth client makes requests itself, as googleapis does', async () => {
  const client = googleAuthClient({ ...fixture.options.gcp, quotaProjectId: 'acme-billing' });
  const origin = fixture.emulator.url('gcp-storage');
  const [written, read] = await fixture.inRequest(production, async () => [
    await client.request<{ name: string }>({
      url: `${origin}/upload/storage/v1/b/${GCP.bucket}/o`,
      method: 'POST',
      params: { uploadType: 'media', name: 'orders/2.txt' },
      headers: { 'content-type': 'text/plain' },
      data: TEXT,
    }),
    await client.request<string>({
      url: `${origin}/storage/v1/b/${GCP.bucket}/o/orders%2F2.txt`,
      params: { alt: 'media' },
      responseType: 'text',
    }),
  ]);

  expect([written?.status, read?.status, read?.data]).toEqual([200, 200, TEXT]);
  const principal = `serviceAccount:${GCP.serviceAccountEmail}`;
  expect(said('gcp-storage', 'principal', 'quotaProject', 'verdict')).toEqual([
    [200, principal, 'acme-billing', 'allowed'],
    [200, principal, 'acme-billing', 'allowed'],
  ]);
});

test('BlobServiceClient takes the provider as its TokenCredential', async () => {
  const blobs = blobServiceClient(fixture.emulator, azureCredentialsProvider(fixture.options.azure));
  const blob = blobs.getContainerClient(AZURE.container).getBlockBlobClient('1.txt');
  const read = await fixture.inRequest(production, async () => {
    await blob.upload(TEXT, TEXT.length);
    return (await blob.downloadToBuffer()).toString();
  });

  expect(read).toBe(TEXT);
  const requests = said('azure-blob', 'operation', 'client', 'verdict');
  expect(requests).toContainEqual([201, 'PutBlob', AZURE.clientId, 'allowed']);
  expect(requests.map(([, , ...notes]) => notes.join())).toEqual(
    requests.map(() => `${AZURE.clientId},allowed`),
  );
  expect(requests.length).toBeGreaterThanOrEqual(2);
  // The client asks for a token that can be challenged.
  expect(said('entra', 'subject', 'cae', 'scope')).toEqual([
    [200, PRODUCTION_SUBJECT, 'true', 'https://storage.azure.com/.default'],
  ]);
});
