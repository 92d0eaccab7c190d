/** What a process-wide default allows, no exchange allows: a certificate counts only when trusted and of the right name. */

import { globalAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { getAwsCredentials } from '@credex/aws';
import { clientStsExchanger } from '@credex/aws/client-sts';
import { createCredentialCache } from '@credex/core';
import { STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AWS } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();

/** What the server heard after a handshake. */
let heard: string[];
let open: Set<TLSSocket>;
let origin: (host: string) => string;
let close: () => void;
const saved = { ...globalAgent.options };

beforeEach(async () => {
  heard = [];
  open = new Set();
  const server = createServer(fixture.emulator.serverCertificate, (socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('data', (data) => heard.push(String(data)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  origin = (host) => `https://${host}:${port}`;
  close = () => {
    for (const socket of open) socket.destroy();
    server.close();
  };
  vi.stubEnv('NODE_NO_WARNINGS', '1');
});
afterEach(() => {
  close();
  globalAgent.destroy();
  for (const name of Object.keys(globalAgent.options))
    delete (globalAgent.options as Record<string, unknown>)[name];
  Object.assign(globalAgent.options, saved);
});

/** Any name leads to this machine, as a resolver or a router that an attacker controls would have it. */
const lookup = (_host: string, options: { all?: boolean }, done: (...found: unknown[]) => void): void =>
  options.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

const exchange = async (host: string, more: object = {}): Promise<unknown> => {
  const token = await fixture.mint();
  return getAwsCredentials({
    roleArn: AWS.roleArn,
    region: AWS.region,
    endpoint: origin(host),
    cache: createCredentialCache(),
    tokenSource: () => token,
    random: () => 0,
    timeoutMs: 3_000,
    ...more,
  });
};

const REFUSED = { code: 'network', hint: expect.stringMatching(/certificate/i) as string };

test.each([
  ['a certificate of an unknown authority', { trusted: false }],
  ['a certificate for another name', { trusted: true }],
  [
    'a certificate for another name, where the agent compares none',
    { trusted: true, checkServerIdentity: () => undefined },
  ],
])(
  '%s is refused though the global agent says rejectUnauthorized: false',
  async (_what, { trusted, ...options }: { readonly trusted: boolean }) => {
    Object.assign(globalAgent.options, { rejectUnauthorized: false, lookup, ...options });
    if (trusted) globalAgent.options.ca = fixture.emulator.ca;
    // A second one: its session is resumed, and Node compares no name then.
    await expect(exchange('sts.example.com')).rejects.toMatchObject(REFUSED);
    await expect(exchange('sts.example.com')).rejects.toMatchObject(REFUSED);
    expect(heard).toEqual([]);
  },
);

test('it is refused under NODE_TLS_REJECT_UNAUTHORIZED=0', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  Object.assign(globalAgent.options, { lookup });
  await expect(exchange('sts.example.com')).rejects.toMatchObject(REFUSED);
  expect(heard).toEqual([]);
});

test('it is refused for the client of the AWS SDK, whose own agent allows it', async () => {
  const requestHandler = { httpsAgent: { rejectUnauthorized: false, lookup } };
  const client = new STSClient({ region: AWS.region, endpoint: origin('sts.example.com'), requestHandler });
  await expect(
    exchange('', { region: undefined, endpoint: undefined, exchanger: clientStsExchanger({ client }) }),
  ).rejects.toMatchObject({ code: 'network' });
  expect(heard).toEqual([]);
});

test.each([
  ['our own request', {}],
  ['the client of the AWS SDK', { exchanger: true }],
])('%s is accepted on every new connection, whose session may be resumed', async (_what, more) => {
  Object.assign(globalAgent.options, { ca: fixture.emulator.ca });
  const endpoint = fixture.emulator.tlsUrl('aws-sts');
  for (let connection = 0; connection < 3; connection += 1) {
    const handler = { requestHandler: { httpsAgent: { ca: fixture.emulator.ca } } };
    const client = new STSClient({ region: AWS.region, endpoint, ...handler });
    const way =
      'exchanger' in more
        ? { region: undefined, endpoint: undefined, exchanger: clientStsExchanger({ client }) }
        : { endpoint };
    expect(await exchange('', way)).toMatchObject({ accountId: AWS.accountId });
    globalAgent.destroy();
  }
});

test('a certificate that is trusted and of the right name is accepted all the same', async () => {
  Object.assign(globalAgent.options, { rejectUnauthorized: false, ca: fixture.emulator.ca });
  const endpoint = fixture.emulator.tlsUrl('aws-sts');
  expect(await exchange('', { endpoint })).toMatchObject({ accountId: AWS.accountId });
});
