/** Behind a proxy: what HTTPS_PROXY and NO_PROXY say is done, by a real CONNECT proxy and real TLS through it. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { AWS } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const program = fileURLToPath(new URL('through-proxy.mjs', import.meta.url));
const fixture = useFixture();

/** What was asked of the proxy. */
const asked: string[] = [];
const proxy = createServer();
proxy.on('connect', (request, socket) => {
  asked.push(String(request.url));
  const there = connect(Number(new URL(fixture.emulator.tlsUrl('aws-sts')).port), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    there.pipe(socket).pipe(there);
  });
  there.on('error', () => socket.destroy());
  socket.on('error', () => there.destroy());
});

let folder: string;
beforeAll(async () => {
  await ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), 'credex-proxy-'));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
}, 120_000);
afterAll(async () => {
  proxy.close();
  await rm(folder, { recursive: true });
});

async function behindProxy(environment: NodeJS.ProcessEnv): Promise<string> {
  asked.length = 0;
  const ca = join(folder, 'ca.pem');
  await fixture.emulator.writeCa(ca);
  const { stdout } = await promisify(execFile)(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'],
      NODE_EXTRA_CA_CERTS: ca,
      VERCEL_OIDC_TOKEN: await fixture.mint(),
      ...environment,
    },
  });
  return stdout.trim();
}

const address = (): string => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

test('the exchange goes through the proxy where errors have no stack, as some servers set it', async () => {
  const environment = { HTTPS_PROXY: address(), NODE_OPTIONS: '--stack-trace-limit=0' };
  expect(await behindProxy(environment)).toBe(AWS.accountId);
  expect(asked).toEqual(['sts.eu-west-1.amazonaws.com:443']);
});

test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('%s is gone through', async (name) => {
  expect(await behindProxy({ [name]: address() })).toBe(AWS.accountId);
  expect(asked).toEqual(['sts.eu-west-1.amazonaws.com:443']);
  expect(fixture.emulator.log.entries().map(({ service, status }) => [service, status])).toEqual([
    ['aws-sts', 200],
  ]);
});

test('NO_PROXY is gone around', async () => {
  // Only the proxy resolves that name.
  const said = await behindProxy({ HTTPS_PROXY: address(), NO_PROXY: '.amazonaws.com' });
  expect(said).toMatch(/^network /);
  expect(asked).toEqual([]);
});

test('a proxy that is not there is a failure of the network', async () => {
  expect(await behindProxy({ HTTPS_PROXY: 'http://127.0.0.1:1' })).toMatch(/^network /);
});

test.each(['foo://user:hunter2@127.0.0.1:1', 'http://user:hunter2@127.0.0.1:1', 'http://user:hunter2@[::'])(
  'the password of the proxy is in no error: %s',
  async (url) => {
    const said = await behindProxy({ HTTPS_PROXY: url });
    expect(said).toMatch(/FederationError/);
    expect(said).not.toContain('hunter2');
  },
);
