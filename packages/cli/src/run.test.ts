import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { jwt, runInMemory } from './memory-io.fixture.js';

const token = { env: { VERCEL_OIDC_TOKEN: jwt() } };

describe('the command line', () => {
  it.each([
    [['--help'], 0],
    [['whoami', '--help'], 0],
    [['help', 'whoami'], 0],
    [['--version'], 0],
    [[], 2],
    [['whoami', '--nonsense'], 2],
    [['whoami', 'extra'], 2],
  ])('ends %j with %i', async (argv, exit) => {
    expect((await runInMemory(argv)).exit).toBe(exit);
  });

  it('prints help and version to stdout, and the options of a command by its name', async () => {
    expect((await runInMemory(['--version'])).stdout).toBe('1.2.3\n');
    expect((await runInMemory(['--help'])).stdout).toContain('whoami');
    expect((await runInMemory(['help', 'whoami'])).stdout).toContain('--token-file');
  });

  it('proposes the command that was meant', async () => {
    const { exit, stderr, stdout } = await runInMemory(['whoam']);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain('Did you mean whoami?');
  });

  it('says misuse as JSON where JSON is asked for', async () => {
    const { exit, stderr, json } = await runInMemory(['whoami', '--nonsense', '--json']);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: '' });
    expect(json()).toEqual({ error: { code: 'usage', message: "unknown option '--nonsense'" } });
  });

  it('shows nothing raw of what was typed', async () => {
    const { stderr } = await runInMemory(['\u001b[31mred\u202e'], { terminal: 80 });
    expect(stderr).toContain('\\x1b[31mred\\u{202e}');
    expect(stderr).not.toContain('\u001b');
  });
});

describe('--json', () => {
  it.each([[['--json', 'whoami']], [['whoami', '--json']]])(
    'is taken before and after the command: %j',
    async (argv) => {
      expect((await runInMemory(argv, token)).json()).toMatchObject({ issuerMode: 'team' });
    },
  );

  it('is not taken from the value of an option', async () => {
    const { stdout, stderr } = await runInMemory(['whoami', '--token-file', '--json'], token);
    expect(stdout).toBe('');
    expect(stderr).toContain('/nowhere/--json');
  });
});

describe('colours', () => {
  it.each([
    ['on a terminal', {}, 80, true],
    ['on a pipe', {}, undefined, false],
    ['on a pipe by FORCE_COLOR', { FORCE_COLOR: '1' }, undefined, true],
    ['with FORCE_COLOR=0', { FORCE_COLOR: '0' }, 80, false],
    ['with NO_COLOR', { NO_COLOR: '1' }, 80, false],
    ['with NO_COLOR and FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, 80, false],
    ['with an empty NO_COLOR', { NO_COLOR: '' }, 80, true],
    ['on a dumb terminal', { TERM: 'dumb' }, 80, false],
  ])('%s', async (_where, env, terminal, isColoured) => {
    const io = { env: { ...token.env, ...env }, ...(terminal === undefined ? {} : { terminal }) };
    expect((await runInMemory(['whoami'], io)).stdout.includes('\u001b[')).toBe(isColoured);
    expect((await runInMemory(['whoami', '--json'], io)).stdout).not.toContain('\u001b');
  });
});

describe('errors', () => {
  it('say message, hint and code, without a stack', async () => {
    const { exit, stderr, stdout } = await runInMemory(['whoami', '--token', jwt()]);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain('(invalid_argument)');
    expect(stderr).toContain('Every user of the machine');
    expect(stderr).not.toMatch(/eyJ|\bat .*\.ts/);
  });

  it('say what lies under them with --verbose', async () => {
    const argv = ['whoami', '--token-file', '/nowhere/token'];
    expect((await runInMemory(argv)).stderr).not.toContain('ENOENT');
    expect((await runInMemory([...argv, '--verbose'])).stderr).toContain('cause: Error: ENOENT');
  });

  it('are one document with --json', async () => {
    const { exit, stderr, json } = await runInMemory(['whoami', '--json']);
    expect({ exit, stderr }).toEqual({ exit: 3, stderr: '' });
    expect(json()).toMatchObject({ error: { code: 'no_subject_token', hint: expect.any(String) as string } });
  });

  it('of a configuration stand on a line each, and one that can not be run is none of credex', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'credex-run-'));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    writeFileSync(join(cwd, 'credex.config.json'), '{"credentials":{"store":{"provider":"aws","x":1}}}');
    const wrong = await runInMemory(['print-config', 'store'], { cwd });
    expect(wrong.exit).toBe(2);
    expect(wrong.stderr.split('\n')[1]).toMatch(
      /^ {2}\S*credex\.config\.json:1:\d+: `credentials\.store\.x`/,
    );
    writeFileSync(join(cwd, 'broken.ts'), 'export default {');
    const argv = ['google-executable', 'store', '--config', join(cwd, 'broken.ts')];
    const broken = await runInMemory(argv, { cwd });
    expect(broken.exit).toBe(0);
    expect(broken.json()).toMatchObject({ success: false, code: 'invalid_option' });
  });

  it('say what is missing where no command is named', async () => {
    const { exit, json } = await runInMemory(['setup', '--json']);
    expect(exit).toBe(2);
    expect(json()).toMatchObject({
      error: { message: 'The command is missing: run `credex --help` for a list.' },
    });
  });

  it('that are unexpected are reported as a defect, with exit code 70', async () => {
    const { exit, stderr } = await runInMemory(['whoami', '--token', '-'], {
      stdin: undefined as never,
      cwd: 3 as never,
    });
    expect(exit).toBe(3);
    expect(stderr).toContain('standard input');
    const broken = await runInMemory(['whoami'], { cwd: 3 as never });
    expect(broken.exit).toBe(70);
    expect(broken.stderr).toContain('because of a defect');
  });

  it('are silent where Ctrl-C caused them', async () => {
    const ended = new AbortController();
    ended.abort();
    expect(await runInMemory(['whoami'], { cwd: 3 as never, signal: ended.signal })).toMatchObject({
      exit: 130,
      stderr: '',
    });
  });
});
