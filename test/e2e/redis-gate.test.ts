/** The gate before Redis, over the bare protocol and with a stand-in for the server. With official clients: test/databases. */

import { elastiCachePassword } from '@credex/aws/elasticache';
import { azureRedisPassword } from '@credex/azure/databases';
import { createCredentialCache } from '@credex/core';
import type { Gate } from '@credex/testing/gates';
import { startRedisGate } from '@credex/testing/gates';
import { expect, test } from 'vitest';
import { asked, closeAfterEach, openTo, standIn, upgraded } from '../support/gate-peers.js';
import { AWS, AZURE } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
closeAfterEach();

const own = () => ({ cache: createCredentialCache(), tokenSource: () => fixture.mint() });
const command = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

async function start(): Promise<{ readonly gate: Gate; readonly received: string[] }> {
  const received: string[] = [];
  const port = await standIn(Buffer.alloc(0), (sent) => {
    received.push(sent.toString());
    return '+DONE\r\n';
  });
  const login = { cloud: 'aws', region: AWS.region, cacheName: 'Shop' } as const;
  return { gate: await startRedisGate({ emulator: fixture.emulator, server: { port }, login }), received };
}
const cachePassword = (): Promise<string> =>
  elastiCachePassword({ ...fixture.options.aws, ...own(), cacheName: 'shop', userId: 'app' })();

test.each(['AUTH', 'HELLO'])('logs in by %s, and passes the rest on', async (name) => {
  const { gate, received } = await start();
  const stream = await upgraded(await openTo(gate), gate);
  expect((await asked(stream, command('GET', 'key'))).toString()).toBe(
    '-NOAUTH Authentication required.\r\n',
  );
  const login = ['AUTH', 'app', await cachePassword()];
  const words = name === 'AUTH' ? login : ['HELLO', '3', ...login, 'SETNAME', 'shop'];
  expect((await asked(stream, command(...words))).toString()).toBe('+DONE\r\n');
  expect((await asked(stream, command('GET', 'key'))).toString()).toBe('+DONE\r\n');
  expect(received).toEqual([
    name === 'AUTH' ? command('CLIENT', 'REPLY', 'ON') : command('HELLO', '3', 'SETNAME', 'shop'),
    command('GET', 'key'),
  ]);
});

test('refuses a wrong password, a later one too, and a login inside MULTI', async () => {
  const { gate, received } = await start();
  const stream = await upgraded(await openTo(gate), gate);
  expect((await asked(stream, command('AUTH', 'app', 'wrong'))).toString()).toMatch(/^-WRONGPASS/);
  await asked(stream, command('AUTH', 'app', await cachePassword()));
  await asked(stream, command('AUTH', 'app', 'wrong'));
  expect(received.at(-1)).toContain('redis.error_reply');
  await asked(stream, command('MULTI'));
  await asked(stream, command('AUTH', 'app', await cachePassword()));
  expect(received.at(-1)).toBe(command('AUTH-IS-NOT-ALLOWED-INSIDE-MULTI'));
  expect(gate.logins().map(({ accepted }) => accepted)).toEqual([false, true, false]);
});

test('RESET ends the login', async () => {
  const { gate, received } = await start();
  const stream = await upgraded(await openTo(gate), gate);
  const login = command('AUTH', 'app', await cachePassword());
  await asked(stream, login);
  await asked(stream, command('RESET'));
  await asked(stream, command('GET', 'key'));
  expect(received.slice(1)).toEqual([command('RESET'), expect.stringContaining('NOAUTH')]);
  await asked(stream, login);
  await asked(stream, command('GET', 'key'));
  expect(received.at(-1)).toBe(command('GET', 'key'));
});

test('RESET before a login is answered, and logs no one in', async () => {
  const { gate, received } = await start();
  const stream = await upgraded(await openTo(gate), gate);
  expect((await asked(stream, command('RESET'))).toString()).toBe('+RESET\r\n');
  expect((await asked(stream, command('GET', 'key'))).toString()).toMatch(/^-NOAUTH/);
  expect(received).toEqual([]);
});

test('ends a connection without TLS', async () => {
  const { gate, received } = await start();
  const socket = await openTo(gate);
  expect(await asked(socket, command('AUTH', 'app', await cachePassword()))).toHaveLength(0);
  expect(gate.logins()).toMatchObject([{ accepted: false, passwordSent: false, reason: 'no TLS' }]);
  expect(received).toEqual([]);
});

test('Azure: the user is the object id of the token', async () => {
  const port = await standIn(Buffer.alloc(0), () => '+DONE\r\n');
  const login = { cloud: 'azure', tenantId: AZURE.tenantId } as const;
  const gate = await startRedisGate({ emulator: fixture.emulator, server: { port }, login });
  const { scopes: _scopes, ...options } = fixture.options.azure;
  const password = azureRedisPassword({ ...options, ...own() });
  const stream = await upgraded(await openTo(gate), gate);
  expect((await asked(stream, command('AUTH', 'app', await password()))).toString()).toMatch(/^-WRONGPASS/);
  const login2 = command('AUTH', await password.username(), await password());
  expect((await asked(stream, login2)).toString()).toBe('+DONE\r\n');
});
