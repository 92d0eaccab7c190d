import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startEmulator } from '../../emulator.js';
import type { Emulator, Fault } from '../../emulator.js';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  // Making RSA keys takes seconds on a busy machine.
}, 30_000);
afterEach(() => {
  emulator.faults.clear();
  emulator.log.clear();
});
afterAll(() => emulator.close());

const PATH = '/acme/.well-known/openid-configuration';
const plant = (fault: Fault, times?: number) => emulator.faults.plant({ service: 'issuer', fault, times });
const ask = (init?: RequestInit) => fetch(emulator.url('issuer') + PATH, { redirect: 'manual', ...init });
const codeOf = (error: unknown) => (error as { cause?: { code?: string } }).cause?.code;

test('status: in the words of the service, or in those given', async () => {
  plant({ kind: 'status', status: 502 }, 1);
  plant({ kind: 'status', status: 418, body: 'tea', headers: { 'x-pot': 'short' } }, 1);
  const [own, given, good] = [await ask(), await ask(), await ask()];
  expect([own.status, await own.json()]).toEqual([502, { error: 'Planted status 502' }]);
  expect([given.status, given.headers.get('x-pot'), await given.text()]).toEqual([418, 'short', 'tea']);
  expect(good.status).toBe(200);
  expect(emulator.log.entries().map(({ status, fault }) => [status, fault])).toEqual([
    [502, 'status'],
    [418, 'status'],
    [200, undefined],
  ]);
});

test('throttle: the throttling answer, with Retry-After where asked for', async () => {
  plant({ kind: 'throttle', retryAfter: 7 }, 1);
  plant({ kind: 'throttle' });
  const first = await ask();
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
  expect((await ask()).headers.get('retry-after')).toBeNull();
});

test('delay: held until the latch opens, and judged only then', async () => {
  let open = (): void => undefined;
  let arrived = (): void => undefined;
  const here = new Promise<void>((resolve) => (arrived = resolve));
  const until = () => {
    arrived();
    return new Promise<void>((resolve) => (open = resolve));
  };
  plant({ kind: 'delay', until });
  const answer = ask();
  await here;
  expect(emulator.log.entries()).toMatchObject([{ status: undefined, fault: 'delay' }]);
  emulator.issuer.setReachable(false);
  open();
  expect((await answer).status).toBe(503);
  emulator.issuer.setReachable(true);
  expect(emulator.log.entries()).toMatchObject([{ status: 503, fault: 'delay' }]);
});

test('delay: the client is gone before the answer', async () => {
  let open = (): void => undefined;
  const latch = new Promise<void>((resolve) => (open = resolve));
  const leave = new AbortController();
  plant({ kind: 'delay', until: () => (leave.abort(), latch) });
  await expect(ask({ signal: leave.signal })).rejects.toThrow('abort');
  open();
  emulator.faults.clear();
  expect((await ask()).status).toBe(200);
});

test('hang: no answer, and the client may leave', async () => {
  const struck = new Promise<void>((resolve) =>
    emulator.faults.plant({ service: 'issuer', match: () => (resolve(), true), fault: { kind: 'hang' } }),
  );
  const leave = new AbortController();
  const answer = ask({ signal: leave.signal });
  await struck;
  leave.abort();
  await expect(answer).rejects.toThrow('abort');
  expect(emulator.log.entries()).toMatchObject([{ status: undefined, fault: 'hang' }]);
});

test('reset: the connection is reset', async () => {
  plant({ kind: 'reset' });
  expect(codeOf(await ask().catch((error: unknown) => error))).toBe('ECONNRESET');
});

test('truncate: less body than declared', async () => {
  const whole = (await (await ask()).text()).length;
  plant({ kind: 'truncate' });
  const { length, received, complete } = await new Promise<Record<string, unknown>>((resolve, reject) => {
    request(emulator.url('issuer') + PATH, { agent: false }, (message) => {
      let received = 0;
      message.on('data', (chunk: Buffer) => (received += chunk.byteLength));
      message.on('error', () => undefined);
      message.on('close', () =>
        resolve({ length: Number(message.headers['content-length']), received, complete: message.complete }),
      );
    })
      .on('error', reject)
      .end();
  });
  expect({ length, received, complete }).toEqual({ length: whole, received: whole >> 1, complete: false });
  await expect(ask().then((response) => response.text())).rejects.toThrow('terminated');
});

test('malformed: good status, body of something else', async () => {
  plant({ kind: 'malformed' }, 1);
  plant({ kind: 'malformed', body: '{"token":', contentType: 'application/json' });
  const page = await ask();
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  await expect(page.json()).rejects.toThrow(SyntaxError);
  await expect((await ask()).json()).rejects.toThrow(SyntaxError);
});

test('missing-field: the rest of the good answer', async () => {
  plant({ kind: 'missing-field', field: 'jwks_uri' });
  const document = (await (await ask()).json()) as object;
  expect(document).toHaveProperty('issuer');
  expect(document).not.toHaveProperty('jwks_uri');
});

test('a fault that finds no hold fails loudly', async () => {
  plant({ kind: 'missing-field', field: 'access_token' }, 1);
  plant({ kind: 'already-expired' }, 1);
  for (const named of ["no field 'access_token'", 'that says when it ends']) {
    const response = await ask();
    expect([response.status, response.headers.has('x-emulator-error')]).toEqual([500, true]);
    expect(await response.text()).toContain(named);
  }
  expect(emulator.log.entries()[0]?.notes['emulatorError']).toContain('access_token');
});

test('already-expired: what it brings has ended', async () => {
  plant({ kind: 'already-expired' });
  const identity = {
    team: 'acme',
    teamId: 'team_a',
    project: 'shop',
    projectId: 'prj_s',
    environment: 'preview',
  };
  const token = await emulator.issuer.mint(identity);
  const body = JSON.stringify({ token, aud: 'x' });
  const response = await fetch(`${emulator.url('issuer')}/~token`, { method: 'POST', body });
  expect(((await response.json()) as { expiry: number }).expiry * 1000).toBeLessThan(emulator.clock.now());
});

test('clock-skew: the service judges and stamps by a wrong clock, and only for that request', async () => {
  const hour = 3_600_000;
  emulator.clock.set(Date.UTC(2030, 0, 1));
  const date = async () => Date.parse((await ask()).headers.get('date') ?? '');
  plant({ kind: 'clock-skew', ms: -2 * hour }, 1);
  expect(await date()).toBeLessThan(emulator.clock.now() - hour);
  expect(Math.abs((await date()) - emulator.clock.now())).toBeLessThan(60_000);

  const identity = {
    team: 'acme',
    teamId: 'team_a',
    project: 'shop',
    projectId: 'prj_s',
    environment: 'preview',
  };
  const body = JSON.stringify({ token: await emulator.issuer.mint(identity), aud: 'x' });
  const exchange = async () =>
    (await fetch(`${emulator.url('issuer')}/~token`, { method: 'POST', body })).status;
  plant({ kind: 'clock-skew', ms: 2 * hour }, 1);
  expect([await exchange(), await exchange()]).toEqual([401, 200]);
});

test('redirect: to another address, 307 unless given', async () => {
  plant({ kind: 'redirect', location: 'https://evil.example/' }, 1);
  plant({ kind: 'redirect', location: '/other', status: 302 }, 1);
  const [first, second] = [await ask(), await ask()];
  expect([first.status, first.headers.get('location')]).toEqual([307, 'https://evil.example/']);
  expect([second.status, second.headers.get('location')]).toEqual([302, '/other']);
});

test('slow: a byte for each tick', async () => {
  const ticks: (() => void)[] = [];
  let ticked = (): void => undefined;
  plant({ kind: 'slow', tick: () => new Promise<void>((resolve) => (ticks.push(resolve), ticked())) });
  const response = await ask();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const length = Number(response.headers.get('content-length'));
  let text = '';
  while (text.length < length) {
    if (ticks.length === 0) await new Promise<void>((resolve) => (ticked = resolve));
    ticks.shift()?.();
    const { value } = await reader.read();
    expect(value?.byteLength).toBe(1);
    text += new TextDecoder().decode(value);
  }
  expect(JSON.parse(text)).toHaveProperty('issuer');
});

test('which requests, how many, and until when', async () => {
  const match = ({ path }: { path: string }) => path.startsWith('/acme/');
  const planted = emulator.faults.plant({
    service: 'issuer',
    match,
    times: 2,
    fault: { kind: 'status', status: 503 },
  });
  const other = async () => (await fetch(`${emulator.url('issuer')}/beta/.well-known/jwks`)).status;
  expect([await other(), (await ask()).status, planted.struck]).toEqual([200, 503, 1]);
  expect([(await ask()).status, (await ask()).status, planted.struck]).toEqual([503, 200, 2]);
  const standing = plant({ kind: 'status', status: 500 });
  expect((await ask()).status).toBe(500);
  standing.remove();
  expect((await ask()).status).toBe(200);
  const nowhere = { service: 'mars', fault: { kind: 'hang' } } as never;
  expect(() => emulator.faults.plant(nowhere)).toThrow('`service` must be one of issuer,');
  expect(() => plant({ kind: 'hang' }, 0)).toThrow('times');
  expect(() => plant({ kind: 'status', status: 99 })).toThrow('fault.status');
});
