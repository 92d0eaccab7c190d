import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get as getHttp } from 'node:http';
import { Agent as TlsAgent, get as getHttps } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { PeerCertificate } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmulator } from './emulator.js';
import type { Emulator, ServiceName } from './emulator.js';

const DISCOVERY = '/acme/.well-known/openid-configuration';
const SERVICES: readonly ServiceName[] = [
  'issuer',
  'aws-sts',
  'aws-s3',
  'gcp-sts',
  'gcp-iam-credentials',
  'gcp-storage',
  'entra',
  'azure-blob',
  'vercel-api',
];
const shop = {
  team: 'acme',
  teamId: 'team_acme',
  project: 'shop',
  projectId: 'prj_shop',
  environment: 'production',
};
// Made once: RSA keys are what a start costs most.
const signingKeys = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ maxBodyBytes: 100_000, signingKeys });
});
afterAll(() => emulator.close());

test.each(SERVICES)('%s answers over HTTP and over TLS, on loopback', async (service) => {
  const [plain, secure] = [new URL(emulator.url(service)), new URL(emulator.tlsUrl(service))];
  expect([plain.protocol, secure.protocol, plain.hostname, secure.hostname]).toEqual([
    'http:',
    'https:',
    '127.0.0.1',
    '127.0.0.1',
  ]);
  const before = emulator.log.count(service);
  await fetch(plain, { redirect: 'manual' });
  await new Promise((resolve, reject) => {
    getHttps(secure, { ca: emulator.ca, agent: false }, (message) => {
      message.resume().on('end', resolve);
    }).on('error', reject);
  });
  expect(
    emulator.log
      .entries(service)
      .slice(before)
      .map((entry) => entry.secure),
  ).toEqual([false, true]);
});

test.each(['sts.eu-west-1.amazonaws.com', 'localhost', 'login.microsoftonline.com', undefined])(
  'the certificate for %s verifies by the CA, and by nothing else',
  async (servername) => {
    const { port } = new URL(emulator.tlsUrl('issuer'));
    const options = {
      port: Number(port),
      host: '127.0.0.1',
      ...(servername === undefined ? {} : { servername }),
    };
    const certificate = await new Promise<PeerCertificate>((resolve, reject) => {
      const socket = connectTls({ ...options, ca: emulator.ca }, () => {
        resolve(socket.getPeerCertificate());
        socket.end();
      }).on('error', reject);
    });
    expect(certificate.subjectaltname).toContain('IP Address:127.0.0.1');
    const unknown = await new Promise((resolve) => connectTls(options).on('error', resolve));
    expect(unknown).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  },
);

test('the CA that was written is what NODE_EXTRA_CA_CERTS takes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'emulator-'));
  try {
    const path = join(folder, 'ca.pem');
    await emulator.writeCa(path);
    const script = `fetch(${JSON.stringify(emulator.tlsUrl('issuer') + DISCOVERY)}).then(async (r) => console.log((await r.json()).issuer))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: path },
    });
    expect(stdout.trim()).toBe('https://oidc.vercel.com/acme');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a body that is too long is refused before it is stored', async () => {
  const post = (length: number) =>
    fetch(`${emulator.url('issuer')}/~token`, { method: 'POST', body: 'x'.repeat(length) });
  expect((await post(100_000)).status).toBe(400);
  const refused = await post(100_001);
  expect([refused.status, await refused.text()]).toEqual([413, expect.stringContaining('maxBodyBytes')]);
});

test('no secret is in the log, whatever is sent', async () => {
  emulator.log.clear();
  const token = await emulator.issuer.mint(shop);
  const bearer = `ya29.${'s'.repeat(60)}`;
  await fetch(`${emulator.url('issuer')}/~token?assertion=${token}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'x-vercel-oidc-token': token },
    body: JSON.stringify({ token, aud: 'sts.amazonaws.com' }),
  });
  await fetch(`${emulator.url('issuer')}/${token}`);
  expect(emulator.log.entries()).toMatchObject([
    {
      sequence: expect.any(Number),
      path: '/~token',
      status: 200,
      notes: { action: 'exchange', aud: 'sts.amazonaws.com' },
    },
    { path: expect.stringMatching(/^\/?\[cut\]$/), status: 404 },
  ]);
  const printed = JSON.stringify(emulator.log.entries());
  for (const part of [...token.split('.'), bearer]) expect(printed).not.toContain(part);
  expect(emulator.log.count('issuer')).toBe(2);
  expect(emulator.log.count('issuer', ({ status }) => status === 404)).toBe(1);
  expect(emulator.log.count('entra')).toBe(0);
});

test('the clock and the issuer that are given are the ones that count', async () => {
  const clock = { now: () => Date.UTC(2031, 4, 5) };
  const other = await startEmulator({ clock, issuerOrigin: 'https://oidc.example', signingKeys });
  try {
    expect(other.clock).toBe(clock);
    const answer = await fetch(other.url('issuer') + DISCOVERY);
    expect(answer.headers.get('date')).toBe('Mon, 05 May 2031 00:00:00 GMT');
    expect(await answer.json()).toHaveProperty('issuer', 'https://oidc.example/acme');
  } finally {
    await other.close();
  }
});

test('a bad option is named', async () => {
  await expect(startEmulator({ issuerOrigin: 'https://oidc.example/' })).rejects.toThrow('issuerOrigin');
  await expect(startEmulator({ maxBodyBytes: 0 })).rejects.toThrow('maxBodyBytes');
  await expect(startEmulator({ port: 8080 } as never)).rejects.toThrow('knows no option `port`');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await expect(startEmulator({ signingKeys: [privateKey] })).rejects.toThrow('signingKeys');
});

test('a subscriber sees each request when it is answered, before the client does', async () => {
  const seen: unknown[] = [];
  const end = emulator.log.subscribe(({ service, path, status }) => seen.push([service, path, status]));
  await fetch(emulator.url('issuer') + DISCOVERY);
  expect(seen).toEqual([['issuer', DISCOVERY, 200]]);
  end();
  await fetch(emulator.url('issuer') + DISCOVERY);
  expect(seen).toHaveLength(1);
});

test('close ends idle, hung and half-open connections, and frees the ports', async () => {
  const closing = await startEmulator({ signingKeys });
  const struck = new Promise<void>((resolve) =>
    closing.faults.plant({
      service: 'issuer',
      match: ({ path }) => path === '/hung' && (resolve(), true),
      fault: { kind: 'hang' },
    }),
  );
  const agent = new Agent({ keepAlive: true });
  const tlsAgent = new TlsAgent({ keepAlive: true, ca: closing.ca });
  const ended: Promise<unknown>[] = [];
  const onEnd = (socket: NodeJS.EventEmitter) =>
    ended.push(new Promise((resolve) => socket.on('close', resolve)));
  await new Promise<void>((resolve) => {
    getHttp(closing.url('issuer') + DISCOVERY, { agent }, (message) =>
      message.resume().on('end', resolve),
    ).on('socket', onEnd);
  });
  await new Promise<void>((resolve) => {
    getHttps(closing.tlsUrl('issuer') + DISCOVERY, { agent: tlsAgent }, (message) =>
      message.resume().on('end', resolve),
    ).on('socket', onEnd);
  });
  const hung = new Promise((resolve) =>
    getHttp(`${closing.url('issuer')}/hung`, { agent: false }).on('error', resolve),
  );
  await struck;
  // Connected to the TLS port, and silent: not yet an HTTP connection.
  const silent = connect(Number(new URL(closing.tlsUrl('issuer')).port), '127.0.0.1');
  onEnd(silent);
  await new Promise((resolve) => silent.on('connect', resolve));

  const first = closing.close();
  expect(closing.close()).toBe(first);
  await first;
  await Promise.all(ended);
  expect(await hung).toMatchObject({ code: 'ECONNRESET' });
  const refused = (await fetch(closing.url('issuer')).catch((error: unknown) => error)) as { cause: unknown };
  expect(refused.cause).toMatchObject({ code: 'ECONNREFUSED' });
});

test('a service listens on the port that is named for it, and on no other name', async () => {
  const port = Number(new URL(emulator.url('aws-sts')).port);
  await expect(startEmulator({ ports: { 'aws-sts': port }, signingKeys })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    port,
  });
  await expect(startEmulator({ ports: { sts: 9001 } as object, signingKeys })).rejects.toThrow(/`sts`/);
  await expect(startEmulator({ ports: { issuer: 0 }, signingKeys })).rejects.toMatchObject({
    option: 'ports.issuer',
  });
  const free = await startEmulator({ signingKeys });
  const freed = Number(new URL(free.tlsUrl('issuer')).port);
  await free.close();
  const named = await startEmulator({ ports: { 'issuer+tls': freed }, signingKeys });
  expect(named.tlsUrl('issuer')).toBe(`https://127.0.0.1:${freed}`);
  await named.close();
});
