/** `authorize` against the emulator: what it signs and bears is taken, and it goes nowhere else. */

import type { Credentials, CredentialsSettings } from 'credex';
import { createCredentials } from 'credex';
import { describe, expect, test } from 'vitest';
import { STORES, emulatorSettings } from '../support/credex.js';
import { routedFetch } from '../support/routed.js';
import { AWS, AZURE, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();

const CONFIG = { default: 'aws', credentials: STORES } as const;
const ORDER = 'an order of 3 pears: ä';

function credentials(settings: CredentialsSettings = {}): Credentials<typeof CONFIG> {
  return createCredentials(CONFIG, { ...emulatorSettings(fixture.emulator, fixture.clock), ...settings });
}

async function inRequest<T>(run: () => Promise<T>): Promise<T> {
  return fixture.inRequest(await fixture.mint(), run);
}

const object = (path = 'orders/1.txt'): string => `${fixture.emulator.url('aws-s3')}/${AWS.bucket}/${path}`;

describe('AWS: Signature Version 4', () => {
  test.each([
    ['text', ORDER],
    ['bytes', new TextEncoder().encode(ORDER)],
    ['a stream', () => new Blob([ORDER]).stream()],
  ])('%s is written, its body signed, and read back', async (_kind, body) => {
    await inRequest(async () => {
      const signed = await credentials().authorize(object(), {
        service: 's3',
        init: {
          method: 'PUT',
          headers: { 'content-type': 'text/plain' },
          body: typeof body === 'function' ? body() : body,
          duplex: 'half',
        } as RequestInit,
      });
      expect(signed.headers.get('x-amz-content-sha256')).toMatch(/^[0-9a-f]{64}$/);
      expect(signed.redirect).toBe('error');
      expect((await fetch(signed)).status).toBe(200);
      const read = await fetch(await credentials().authorize(object(), { service: 's3' }));
      expect(await read.text()).toBe(ORDER);
    });
  });

  test('a body that is changed on its way is refused', async () => {
    await inRequest(async () => {
      const signed = await credentials().authorize(object(), {
        service: 's3',
        init: { method: 'PUT', body: ORDER },
      });
      const changed = new Request(signed, { method: 'PUT', body: `${ORDER}!` });
      expect((await fetch(changed)).status).toBe(400);
    });
  });

  test('an unsigned body is streamed', async () => {
    await inRequest(async () => {
      const init = { method: 'PUT', body: new Blob([ORDER]).stream(), duplex: 'half' } as RequestInit;
      const options = { service: 's3', payload: 'unsigned' } as const;
      const signed = await credentials().authorize(new Request(object(), init), options);
      expect(signed.headers.get('x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD');
      expect(signed.body).toBeInstanceOf(ReadableStream);
    });
  });

  test.each(['a b.txt', 'ä/é.txt', "it's(1)!*.txt", 'a=b&c.txt', '%2F.txt'])('the key %j', async (key) => {
    await inRequest(async () => {
      const url = object(encodeURIComponent(key).replaceAll('%2F', '/'));
      const put = await credentials().authorize(url, { service: 's3', init: { method: 'PUT', body: 'x' } });
      expect((await fetch(put)).status).toBe(200);
      expect((await fetch(await credentials().authorize(url, { service: 's3' }))).status).toBe(200);
    });
  });

  test('service and region as the host says, the region else as the entry says', async () => {
    await inRequest(async () => {
      const scope = async (url: string, options = {}): Promise<string> =>
        /Credential=[^/]+\/\d+\/([^,]+)/.exec(
          (await credentials().authorize(url, options)).headers.get('authorization') ?? '',
        )?.[1] ?? '';
      expect(await scope('https://shop.s3.eu-central-1.amazonaws.com/1')).toBe(
        'eu-central-1/s3/aws4_request',
      );
      expect(await scope('https://sqs.us-east-2.amazonaws.com/')).toBe('us-east-2/sqs/aws4_request');
      expect(await scope('https://shop.s3.amazonaws.com/1')).toBe('eu-west-1/s3/aws4_request');
      expect(await scope('https://iam.amazonaws.com/', { region: 'us-east-1' })).toBe(
        'us-east-1/iam/aws4_request',
      );
    });
  });

  test('nothing is guessed', async () => {
    const { region: _region, ...aws } = STORES.aws;
    const { clock, aws: settings } = emulatorSettings(fixture.emulator, fixture.clock);
    const other = createCredentials({ credentials: { aws } }, { clock, aws: settings });
    await inRequest(async () => {
      await expect(other.authorize(object(), { name: 'aws' })).rejects.toMatchObject({ option: 'service' });
      await expect(other.authorize('https://shop.s3.amazonaws.com/1', { name: 'aws' })).rejects.toMatchObject(
        { code: 'missing_option', option: 'region' },
      );
      await expect(
        credentials().authorize('https://sqs.eu-west-1.amazonaws.com/', {
          payload: 'unsigned',
          init: { method: 'POST', body: 'x' },
        }),
      ).rejects.toMatchObject({ code: 'conflicting_options', option: 'payload' });
    });
  });
});

test('Google Cloud: a bearer token writes and reads', async () => {
  const origin = fixture.emulator.url('gcp-storage');
  await inRequest(async () => {
    const put = await credentials().authorize(
      new Request(`${origin}/upload/storage/v1/b/${GCP.bucket}/o?uploadType=media&name=1.txt`, {
        method: 'POST',
        body: ORDER,
      }),
      { name: 'gcp' },
    );
    expect((await fetch(put)).status).toBe(200);
    const url = `${origin}/storage/v1/b/${GCP.bucket}/o/1.txt?alt=media`;
    expect(await (await fetch(await credentials().authorize(url, { name: 'gcp' }))).text()).toBe(ORDER);
    const scopes = 'https://www.googleapis.com/auth/bigquery';
    const narrow = await credentials().authorize(url, { name: 'gcp', scopes });
    expect((await fetch(narrow)).status).toBe(403);
  });
});

test('Azure: a bearer token writes and reads', async () => {
  const send = routedFetch(fixture.emulator, 'azure-blob');
  const fetchIt = async (request: Request): Promise<Response> => {
    const body = request.body === null ? {} : { body: await request.text() };
    return send(request.url, { method: request.method, headers: request.headers, ...body } as Parameters<
      typeof send
    >[1]);
  };
  const url = `https://${AZURE.account}.blob.core.windows.net/${AZURE.container}/1.txt`;
  // The origin of the authority is the emulator's, so the hosts of the public cloud are not taken for granted.
  const { azure, clock } = emulatorSettings(fixture.emulator, fixture.clock);
  const origins = [new URL(url).origin];
  const blobs = createCredentials({ credentials: STORES }, { clock, azure: { ...azure, origins } });
  await inRequest(async () => {
    const init = { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'pears' };
    expect((await fetchIt(await blobs.authorize(url, { name: 'azure', init }))).status).toBe(201);
    const read = await fetchIt(await blobs.authorize(url, { name: 'azure' }));
    expect(await read.text()).toBe('pears');
  });
});

describe('what must not have the credential', () => {
  const refused = async (
    input: Request | string,
    options: Parameters<Credentials<typeof CONFIG>['authorize']>[1],
    says: RegExp,
  ): Promise<void> => {
    const before = fixture.emulator.log.entries().length;
    await inRequest(async () => {
      const asking = credentials().authorize(input, options);
      await expect(asking).rejects.toThrow(says);
      await expect(asking).rejects.toMatchObject({ name: 'OptionError' });
    });
    expect(fixture.emulator.log.entries()).toHaveLength(before);
  };

  test.each([
    ['gcp', 'https://evil.example/'],
    ['gcp', 'https://googleapis.com.evil.example/'],
    ['gcp', 'https://evilgoogleapis.com/'],
    ['gcp', 'https://storage.googleapis.com.:443/'],
    ['gcp', 'https://storage.googleapis.com:8443/'],
    ['gcp', 'https://shop.run.app/'],
    ['gcp', 'https://shorders.blob.core.windows.net/'],
    ['aws', 'https://storage.googleapis.com/'],
    ['aws', 'https://ec2-198-51-100-1.compute-1.amazonaws.com/'],
    ['aws', 'https://shop-123.eu-west-1.elb.amazonaws.com/'],
    ['aws', 'https://abc.lambda-url.eu-west-1.on.aws/'],
    ['aws', 'https://bucket.s3.amazonaws.com.evil.example/'],
  ] as const)('%s: not to %s', (name, url) => refused(url, { name }, /may not be sent to .*`origins`/));

  test.each(['https://user:pass@storage.googleapis.com/', 'https://a@storage.googleapis.com/'])(
    'not to %s',
    (url) => refused(url, { name: 'gcp' }, /user name or password|not an absolute URL/),
  );

  test.each(['http://storage.googleapis.com/', 'http://127.0.0.1:9/', 'ftp://storage.googleapis.com/'])(
    'not over %s',
    (url) => refused(url, { name: 'gcp' }, /over https only/),
  );

  test.each(['/relative', '', 'not a url'])('not to %j', (url) =>
    refused(url, { name: 'gcp' }, /not an absolute URL/),
  );

  test.each(['Authorization', 'x-amz-security-token', 'X-Amz-Date'])('not together with %s', (header) =>
    refused(
      object(),
      { init: { headers: { [header]: 'mine' } } },
      /already has the header .* authorize\(\) sets/,
    ),
  );

  test('not with a body that was read', async () => {
    const request = new Request(object(), { method: 'PUT', body: 'x' });
    await request.text();
    await refused(request, {}, /was already read/);
  });

  test('by a name that is not there', async () => {
    await expect(credentials().authorize(object(), { name: 'gpc' as 'gcp' })).rejects.toThrow(
      /no credential named `gpc`.*Did you mean `gcp`/,
    );
  });

  test('a redirect is an error, and takes nothing along', async () => {
    fixture.emulator.faults.plant({
      service: 'gcp-storage',
      times: 1,
      fault: { kind: 'redirect', location: fixture.emulator.url('aws-s3') },
    });
    const url = `${fixture.emulator.url('gcp-storage')}/storage/v1/b/${GCP.bucket}/o/1.txt`;
    await inRequest(async () => {
      await expect(fetch(await credentials().authorize(url, { name: 'gcp' }))).rejects.toThrow(
        'fetch failed',
      );
    });
    expect(fixture.emulator.log.count('aws-s3')).toBe(0);
  });
});
