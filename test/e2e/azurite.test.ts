/** A blob server that we didn't write: the official client's requests, and our credential on them, fit it too. */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { azureCredentialsProvider } from '@credex/azure';
import { createCredentialCache } from '@credex/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blobServiceClient } from '../support/blobs.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
const ACCOUNT = 'devstoreaccount1';

let folder: string;
let azurite: ChildProcess;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credex-azurite-'));
  const { key, cert } = fixture.emulator.serverCertificate;
  await writeFile(join(folder, 'key.pem'), key);
  await writeFile(join(folder, 'cert.pem'), cert);
  port = await freePort();
  // Started by its file: the package has no entry to import.
  const main = join(
    dirname(createRequire(import.meta.url).resolve('azurite/package.json')),
    'dist/src/blob/main.js',
  );
  const args = [
    '--blobHost',
    '127.0.0.1',
    '--blobPort',
    String(port),
    '--oauth',
    'basic',
    '--inMemoryPersistence',
  ];
  const files = ['--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')];
  azurite = fork(main, [...args, ...files, '--skipApiVersionCheck', '--disableTelemetry', '--silent'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [],
  });
  await said(azurite, 'successfully listens');
}, 60_000);

afterAll(async () => {
  if (azurite.exitCode === null) {
    const gone = new Promise((resolve) => azurite.once('exit', resolve));
    // It would wait for the client's kept-alive connection; what it holds is in memory.
    azurite.kill('SIGKILL');
    await gone;
  }
  await rm(folder, { recursive: true });
});

test('Azurite takes what Entra gave, and the client reads back what it wrote', async () => {
  const provider = azureCredentialsProvider({ ...fixture.options.azure, cache: createCredentialCache() });
  const url = `https://127.0.0.1:${port}/${ACCOUNT}`;
  const service = blobServiceClient(fixture.emulator, provider, url);
  const text = await fixture.inRequest(await fixture.mint(), async () => {
    const container = service.getContainerClient('orders');
    await container.create();
    const blob = container.getBlockBlobClient('1.txt');
    await blob.upload('an order', 8);
    return (await blob.downloadToBuffer()).toString();
  });
  expect(text).toBe('an order');
  expect(fixture.emulator.log.count('entra', ({ path }) => path.endsWith('/token'))).toBe(1);
});

test('Azurite refuses a token that is none', async () => {
  const url = `https://127.0.0.1:${port}/${ACCOUNT}`;
  const credential = {
    getToken: async () => ({ token: 'none', expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const service = blobServiceClient(fixture.emulator, credential, url);
  await expect(service.getContainerClient('orders').getProperties()).rejects.toMatchObject({
    statusCode: 403,
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

function said(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes(words)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`Azurite ended with ${code}: ${heard}`)));
  });
}
