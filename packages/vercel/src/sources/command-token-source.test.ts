import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '@credex/core';
import { NOW, jwt, never, read, subjectOf } from '../platform/token-source.fixture.js';
import type { CommandTokenSourceOptions } from '../index.js';
import { commandTokenSource } from '../index.js';

vi.setConfig({ testTimeout: 30_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credex-'));
});
afterAll(() => rm(folder, { recursive: true }));

let now = NOW;
beforeEach(() => {
  now = NOW;
});
/** A busy machine is slow at starting programs: no test but one is about the time they take. */
const clock: Clock = { now: () => now, monotonic: () => now, setTimeout: () => () => undefined };
const program = (code: string, more: Partial<CommandTokenSourceOptions> = {}) =>
  commandTokenSource({ command: process.execPath, args: ['-e', code], clock, ...more });
const printing = (text: string, more: Partial<CommandTokenSourceOptions> = {}) =>
  program('process.stdout.write(process.argv[1])', {
    args: ['-e', 'process.stdout.write(process.argv[1])', text],
    ...more,
  });
const executable = (more: object = {}): string =>
  JSON.stringify({
    version: 1,
    success: true,
    token_type: 'urn:ietf:params:oauth:token-type:id_token',
    id_token: jwt({ sub: 'shop' }),
    expiration_time: NOW / 1000 + 600,
    ...more,
  });

describe('what a program prints', () => {
  it.each([
    ['a JWT', `${jwt({ sub: 'shop' })}\n`],
    ["JSON in Google's shape", executable()],
    ['the same with the other type', executable({ token_type: 'urn:ietf:params:oauth:token-type:jwt' })],
    ['the same without a time', executable({ expiration_time: undefined })],
  ])('is %s', async (_what, text) => {
    expect(await subjectOf(printing(text))).toBe('shop');
  });

  it.each([
    ['nothing', '', 'invalid_subject_token'],
    ['words', 'Please log in first.', 'invalid_subject_token'],
    ['two tokens', `${jwt({})} ${jwt({})}`, 'invalid_subject_token'],
    ['broken JSON', '{"version":1', 'invalid_response'],
    ['another version', executable({ version: 2 }), 'invalid_response'],
    ['SAML', executable({ token_type: 'urn:ietf:params:oauth:token-type:saml2' }), 'invalid_response'],
    ['no success', executable({ success: 'true' }), 'invalid_response'],
    ['no token', executable({ id_token: undefined }), 'invalid_response'],
    ['a time in words', executable({ expiration_time: '2027' }), 'invalid_response'],
    ['a failure', JSON.stringify({ version: 1, success: false, code: '401', message: 'Log in.' }), 'unknown'],
    ['a token that has ended', jwt({ exp: NOW / 1000 - 10 }), 'subject_token_expired'],
    ['one that is about to', jwt({ exp: NOW / 1000 + 29 }), 'subject_token_expired'],
    ['one whose JSON says so', executable({ expiration_time: NOW / 1000 - 1 }), 'subject_token_expired'],
  ])('is an error where it is %s', async (_what, text, code) => {
    await expect(read(printing(text))).rejects.toMatchObject({
      name: 'FederationError',
      code,
      provider: 'command',
    });
  });

  it('is not read from standard error, where older releases of the Vercel CLI print the token', async () => {
    const token = jwt({ sub: 'shop' });
    const code = 'process.stderr.write(process.argv[1])';
    const error: unknown = await read(program(code, { args: ['-e', code, token] })).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'invalid_subject_token', provider: 'command' });
    expect(JSON.stringify(error) + String(error)).not.toContain(token.slice(0, 20));
  });

  it("shows the program's own code and words of a failure", async () => {
    const text = JSON.stringify({ version: 1, success: false, code: '401', message: `No ${jwt({})}` });
    await expect(read(printing(text))).rejects.toMatchObject({
      serverCode: '401',
      serverMessage: 'No [cut]',
    });
  });
});

describe('when it runs', () => {
  const COUNTING = `const { appendFileSync, readFileSync } = require('node:fs');
    appendFileSync(process.argv[1], 'x');
    const jti = readFileSync(process.argv[1], 'utf8').length;
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Number(process.argv[2]) + jti * 3600;
    console.log([part({ alg: 'RS256' }), part({ sub: 'shop', jti, exp }), 'signature'].join('.'))`;
  const counting = (name: string) =>
    program('', { args: ['-e', COUNTING, join(folder, name), String(NOW / 1000)] });

  it('is once for many, and again near the end of the token', async () => {
    const source = counting('many');
    const all = await Promise.all(Array.from({ length: 10 }, () => read(source)));
    expect(all.map(({ claims }) => claims['jti'])).toEqual(Array(10).fill(1));
    now += 3_500_000;
    expect((await read(source)).claims['jti']).toBe(1);
    now += 98_000;
    expect((await read(source)).claims['jti']).toBe(2);
  });

  it('is at once where the token was refused', async () => {
    const subject = counting('refused').capture();
    const ask = async (fresh: boolean) =>
      (await subject.token({ audience: undefined, fresh, signal: never })).claims['jti'];
    expect([await ask(false), await ask(true), await ask(false)]).toEqual([1, 2, 2]);
  });
});

describe('how it runs', () => {
  it('is without a shell, with its arguments as they are', async () => {
    const claims = `require('node:fs').writeFileSync(1, JSON.stringify(process.argv.slice(1)))`;
    await expect(
      read(program(claims, { args: ['-e', claims, '$(id)', 'a b', ';exit'] })),
    ).rejects.toMatchObject({
      code: 'invalid_subject_token',
    });
    await expect(read(commandTokenSource({ command: 'echo a; echo b', clock }))).rejects.toMatchObject({
      code: 'no_subject_token',
      message: expect.stringContaining('echo a; echo b') as string,
    });
  });

  it("has this process's environment, or the one given and nothing else", async () => {
    vi.stubEnv('CREDEX_TEST_TOKEN', jwt({ sub: 'inherited' }));
    const code = 'process.stdout.write(process.env.CREDEX_TEST_TOKEN ?? process.env.OWN)';
    expect(await subjectOf(program(code))).toBe('inherited');
    expect(await subjectOf(program(code, { env: { OWN: jwt({ sub: 'own' }) } }))).toBe('own');
    vi.unstubAllEnvs();
  });

  it('is where it was told', async () => {
    await writeFile(join(folder, 'token'), jwt({ sub: 'there' }));
    const code = "process.stdout.write(require('node:fs').readFileSync('token'))";
    expect(await subjectOf(program(code, { cwd: folder }))).toBe('there');
    await expect(read(program(code, { cwd: join(folder, 'absent') }))).rejects.toMatchObject({
      name: 'OptionError',
      option: 'cwd',
    });
  });
});

describe('a program that fails', () => {
  const SECRET = jwt({ marked: true });

  it('reports the exit code and standard error, without secrets', async () => {
    const source = program(`console.error('login expired: ' + process.argv[1]); process.exit(3)`, {
      args: ['-e', `console.error('login expired: ' + process.argv[1]); process.exit(3)`, SECRET],
    });
    const error: unknown = await read(source).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'unknown',
      message: expect.stringContaining('exited with code 3') as string,
      serverMessage: 'login expired: [cut]',
    });
    expect(String(error)).not.toContain(SECRET.slice(0, 20));
  });

  it('says nothing of what it printed for us', async () => {
    const source = printing(SECRET, {
      args: ['-e', 'console.log(process.argv[1]); process.exit(1)', SECRET],
    });
    const error: unknown = await read(source).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unknown' });
    expect(JSON.stringify(error) + String(error)).not.toContain(SECRET.slice(0, 20));
  });

  it('by a signal is told by its name', async () => {
    await expect(read(program("process.kill(process.pid, 'SIGTERM')"))).rejects.toMatchObject({
      code: 'unknown',
      message: expect.stringContaining('SIGTERM') as string,
    });
  });

  it('to be there leaves its place vacant; one that may not run does not', async () => {
    await expect(read(commandTokenSource({ command: join(folder, 'absent'), clock }))).rejects.toMatchObject({
      code: 'no_subject_token',
      provider: 'command',
    });
    await writeFile(join(folder, 'plain'), 'a');
    await chmod(join(folder, 'plain'), 0o600);
    await expect(read(commandTokenSource({ command: join(folder, 'plain'), clock }))).rejects.toMatchObject({
      code: 'unknown',
    });
  });

  it('to stop printing is stopped', async () => {
    const endless = "const more = () => process.stdout.write('x'.repeat(65536), more); more()";
    await expect(read(program(endless))).rejects.toMatchObject({ code: 'invalid_response' });
    const loud = "process.stderr.write('x '.repeat(100000)); process.exitCode = 1";
    await expect(read(program(loud))).rejects.toSatisfy(
      (error) => (error as { serverMessage: string }).serverMessage.length <= 301,
    );
  });

  it('to end is ended at the deadline, for good', async () => {
    const connected: Socket[] = [];
    let ring!: () => void;
    const hanging = new Promise<void>((resolve) => (ring = resolve));
    const server = createServer((socket) => {
      connected.push(socket);
      ring();
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as AddressInfo;

    let deadline: (() => void) | undefined;
    const timed: Clock = {
      ...clock,
      setTimeout(run, ms) {
        if (ms === 1_234) deadline = run;
        return () => undefined;
      },
    };
    // It holds a connection for as long as it lives.
    const source = program(
      `process.on('SIGTERM', () => {}); require('node:net').connect(${port}, '127.0.0.1')`,
      {
        clock: timed,
        timeoutMs: 1_234,
      },
    );
    const reading = read(source).catch((thrown: unknown) => thrown);
    await hanging;
    const gone = new Promise((resolve) =>
      connected[0]
        ?.on('error', () => undefined)
        .on('close', resolve)
        .resume(),
    );
    deadline?.();
    expect(await reading).toMatchObject({
      code: 'timeout',
      provider: 'command',
      message: expect.stringContaining('within 1234 ms') as string,
    });
    await gone;
    server.close();
  });
});

it.each([
  [{ command: '' }, 'command'],
  [{ command: 'a\0b' }, 'command'],
  [{ args: 'a b' }, 'args'],
  [{ args: ['a\0'] }, 'args'],
  [{ env: { A: 1 } }, 'env'],
  [{ cwd: 1 }, 'cwd'],
  [{ timeoutMs: 99 }, 'timeoutMs'],
  [{ shell: true }, 'shell'],
  [{ env: {}, identityKey: 'shop' }, 'identityKey'],
])('refuses %j when it is created', (more, option) => {
  expect(() => commandTokenSource({ command: 'a', ...more } as unknown as CommandTokenSourceOptions)).toThrow(
    expect.objectContaining({ name: 'OptionError', option }) as Error,
  );
});
