/** V4 signed URLs of the official Storage clients, signed with our auth client across copies of google-auth-library. */

import { createCredentialCache } from '@credex/core';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import { Storage } from '@google-cloud/storage';
import { Storage as Storage8 } from '@google-cloud/storage-8';
import { GoogleAuth } from 'google-auth-library';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { storageOptions } from '../support/cloud-storage.js';
import { setDeployment } from '../support/environment.js';
import { GCP, PRODUCTION_SUBJECT, principalOf } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const EMAIL = GCP.serviceAccountEmail;
const TEXT = 'an order of 3 pears';
const NAME = 'orders/März (1).txt';

const fixture = useFixture();
let production: string;
beforeAll(async () => {
  // Storage 8 says for each client that `credentials` is an older option.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  production = await fixture.mint();
});
beforeEach(() => {
  setDeployment();
  fixture.emulator.gcp.setServiceAccountBindings(EMAIL, [
    { role: 'roles/iam.workloadIdentityUser', members: [principalOf(PRODUCTION_SUBJECT)] },
    { role: 'roles/iam.serviceAccountTokenCreator', members: [`serviceAccount:${EMAIL}`] },
  ]);
});

interface CloudFile {
  save(data: string, options: { resumable: boolean }): Promise<unknown>;
  getSignedUrl(config: {
    version: 'v4';
    action: 'read' | 'write' | 'delete';
    expires: number;
    contentType?: string;
    queryParams?: Record<string, string>;
  }): Promise<[string]>;
}

/** Each copy of google-auth-library has its own class AuthClient; another copy reads the account from `credentials`. */
const fileOf = {
  7: (name: string): CloudFile =>
    new Storage({ ...options(), authClient: googleAuthClient(fixture.options.gcp) })
      .bucket(GCP.bucket)
      .file(name),
  8: (name: string): CloudFile =>
    new Storage8({ ...options(), authClient: googleAuthClient(fixture.options.gcp) })
      .bucket(GCP.bucket)
      .file(name),
};
const options = () => ({ ...storageOptions(fixture.emulator), credentials: { client_email: EMAIL } });

const inAMinute = (): number => Date.now() + 60_000;
const inRequest = <T>(work: () => Promise<T>): Promise<T> => fixture.inRequest(production, work);

/** The status, and the code of the error if there is one. */
async function fetched(url: string, init?: RequestInit): Promise<readonly unknown[]> {
  const response = await fetch(url, init);
  const text = await response.text();
  return response.ok ? [response.status, text] : [response.status, /<Code>(\w+)<\/Code>/.exec(text)?.[1]];
}

describe.each([7, 8] as const)('@google-cloud/storage %i', (version) => {
  const signed = (action: 'read' | 'write' | 'delete', more: object = {}): Promise<string> =>
    inRequest(async () => {
      const [url] = await fileOf[version](NAME).getSignedUrl({
        version: 'v4',
        action,
        expires: inAMinute(),
        ...more,
      });
      return url;
    });
  beforeEach(() => inRequest(() => fileOf[version](NAME).save(TEXT, { resumable: false })));

  test('signs at iamCredentialsEndpoint; the URL opens the object without credentials', async () => {
    const queryParams = { 'response-content-disposition': `attachment; filename="März (1).txt"` };
    const url = await signed('read', { queryParams });
    expect(await fetched(url)).toEqual([200, TEXT]);
    const notes = fixture.emulator.log.entries('gcp-iam-credentials').at(-1)?.notes;
    expect(notes).toMatchObject({ action: 'SignBlob', target: EMAIL, principal: `serviceAccount:${EMAIL}` });
    expect(fixture.emulator.log.entries('gcp-storage').at(-1)?.notes).toMatchObject({
      action: 'storage.objects.get',
      object: NAME,
      signed: 'true',
      principal: `serviceAccount:${EMAIL}`,
      verdict: 'allowed',
    });
  });

  test('is for one method, one object and its signed headers', async () => {
    const write = await signed('write', { contentType: 'text/plain' });
    const upload = { method: 'PUT', body: 'an order of 4 pears' };
    const headers = { 'content-type': 'text/plain' };
    expect(await fetched(write, { headers })).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await fetched(write, { method: 'PUT' })).toEqual([400, 'MalformedSecurityHeader']);
    expect(await fetched(write, { ...upload, headers: { 'content-type': 'text/html' } })).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
    expect(await fetched(write, { ...upload, headers })).toEqual([200, '']);
    const read = await signed('read');
    expect(await fetched(read)).toEqual([200, 'an order of 4 pears']);
    expect(await fetched(read.replace('orders/', 'payroll/'))).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await fetched(await signed('delete'), { method: 'DELETE' })).toEqual([204, '']);
    expect(await fetched(read)).toEqual([404, 'NoSuchKey']);
  });

  test('is refused where it is altered, expired, too long or unsigned', async () => {
    const url = await signed('read');
    const altered = (name: string, value: string): Promise<readonly unknown[]> => {
      const other = new URL(url);
      other.searchParams.set(name, value);
      return fetched(other.href);
    };
    expect(await altered('X-Goog-Signature', '00'.repeat(256))).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await altered('X-Goog-Expires', '600')).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await altered('response-content-type', 'text/html')).toEqual([403, 'SignatureDoesNotMatch']);
    expect(await altered('X-Goog-Expires', '604801')).toEqual([400, 'InvalidArgument']);
    expect(await altered('X-Goog-Signature', '')).toEqual([400, 'InvalidArgument']);
    expect(await fetched(`${url}&X-Goog-Expires=600`)).toEqual([400, 'InvalidArgument']);
    const other = encodeURIComponent('other@acme-prod.iam.gserviceaccount.com');
    expect(await fetched(url.replace(encodeURIComponent(EMAIL), other))).toEqual([
      403,
      'SignatureDoesNotMatch',
    ]);
    fixture.emulator.faults.plant({
      service: 'gcp-storage',
      times: 1,
      fault: { kind: 'clock-skew', ms: 61_000 },
    });
    expect(await fetched(url)).toEqual([400, 'ExpiredToken']);
    expect(await fetched(url)).toEqual([200, TEXT]);
  });

  test('opens no more than the service account may', async () => {
    const url = await signed('read');
    fixture.emulator.gcp.setBucketBindings(GCP.bucket, []);
    try {
      expect(await fetched(url)).toEqual([403, 'AccessDenied']);
    } finally {
      const members = [`serviceAccount:${EMAIL}`];
      fixture.emulator.gcp.setBucketBindings(GCP.bucket, [{ role: 'roles/storage.objectUser', members }]);
    }
  });

  test('says which role is missing where the account may not sign', async () => {
    fixture.emulator.gcp.setServiceAccountBindings(EMAIL, [
      { role: 'roles/iam.workloadIdentityUser', members: [principalOf(PRODUCTION_SUBJECT)] },
    ]);
    await expect(signed('read')).rejects.toThrow(
      `Grant roles/iam.serviceAccountTokenCreator on ${EMAIL} to serviceAccount:${EMAIL}`,
    );
  });
});

test('GoogleAuth of the same copy signs without the account in its options', async () => {
  const cache = createCredentialCache();
  const auth = new GoogleAuth({ authClient: googleAuthClient({ ...fixture.options.gcp, cache }) });
  expect(Buffer.from(await inRequest(() => auth.sign('hello')), 'base64')).toHaveLength(256);
});
