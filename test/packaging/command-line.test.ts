/** The executable of @credex/cli as it is packed: what a shell sees of it. */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { link, unpack } from './installation.js';
import { closureOf, command, emptyFolder, manifestOf } from './packages.js';

const [folder, remove] = emptyFolder();
const bin = join(folder, 'node_modules/@credex/cli/dist/bin.js');
const credex = (...argv: string[]) => command(process.execPath, [bin, ...argv], folder);

beforeAll(async () => {
  const packageNames = closureOf('cli');
  for (const packageName of packageNames) await unpack(folder, packageName);
  for (const packageName of packageNames) {
    const names = Object.keys(manifestOf(packageName).dependencies ?? {});
    link(
      folder,
      packageName,
      names.filter((name) => !name.startsWith('@credex/')),
    );
  }
});
afterAll(remove);

describe('credex', () => {
  it('knows its version and its commands', async () => {
    expect(await credex('--version')).toEqual({
      code: 0,
      stdout: `${manifestOf('cli').version}\n`,
      stderr: '',
    });
    expect((await credex('--help')).stdout).toMatch(/whoami[^]*setup/);
  });

  it('prints help with nothing loaded but itself, the parser of options, the colours and core, which escapes values', async () => {
    writeFileSync(
      join(folder, 'hooks.mjs'),
      `import { writeSync } from 'node:fs';
       export async function load(url, context, next) { writeSync(2, url + '\\n'); return next(url, context); }`,
    );
    const hooks = JSON.stringify(pathToFileURL(join(folder, 'hooks.mjs')).href);
    writeFileSync(
      join(folder, 'register.mjs'),
      `import { register } from 'node:module'; register(${hooks});`,
    );
    const { stderr } = await command(process.execPath, ['--import', './register.mjs', bin, '--help'], folder);
    const loaded = stderr.split('\n').filter((line) => line.startsWith('file:'));
    expect(loaded.some((url) => url.endsWith('/cli/dist/bin.js'))).toBe(true);
    expect(loaded.filter((url) => !/\/(?:cli\/dist|core\/dist|commander|picocolors)\//.test(url))).toEqual(
      [],
    );
  });

  it('ends when it has answered, whatever still waits, and with all that it wrote', async () => {
    writeFileSync(join(folder, 'waits.mjs'), 'setTimeout(() => {}, 60_000);');
    const argv = ['--import', './waits.mjs', bin, 'setup', '--json'];
    const { code, stdout } = await command(process.execPath, argv, folder);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toHaveProperty('error.code', 'usage');
  });

  it('ends with the code of its answer', async () => {
    expect((await credex('whoami', '--token-file', 'absent')).code).toBe(3);
    expect((await credex('whoami', '--nonsense')).code).toBe(2);
  });

  it('is quiet where the reader of its words has gone', async () => {
    const piped = `set -o pipefail; '${process.execPath}' '${bin}' setup --help | true`;
    expect(await command('bash', ['-c', piped], folder)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('says that its output was lost, where the disk is full', async () => {
    const full = `'${process.execPath}' '${bin}' --help > /dev/full`;
    expect(await command('bash', ['-c', full], folder)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: Standard output cannot be written: ENOSPC. (unreadable_file)\n',
    });
    // Nothing can be said on a full standard error: the code is the answer's.
    const said = `'${process.execPath}' '${bin}' whoami --token-file absent 2> /dev/full`;
    expect((await command('bash', ['-c', said], folder)).code).toBe(3);
  });

  it('says that its working directory was removed, where it needs one', async () => {
    const removed = (words: string): string =>
      `mkdir gone && cd gone && rmdir ../gone && '${process.execPath}' '${bin}' ${words}`;
    const { code, stderr } = await command('bash', ['-c', removed('whoami')], folder);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^error: The working directory does not exist any more\. \(unreadable_file\)\n/),
    ]);
    expect((await command('bash', ['-c', removed('--version')], folder)).code).toBe(0);
  });

  it('ends on Ctrl-C by the signal itself, which shells report as 130, without a word', async () => {
    const child = spawn(process.execPath, [bin, 'whoami', '--token', '-'], { cwd: folder });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (said += String(chunk)));
    child.once('spawn', () => child.kill('SIGINT'));
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    expect(await ended).toBe('SIGINT');
    expect(said).toBe('');
  });

  it('refuses more on standard input than a token can be', async () => {
    const { code, stderr } = await command(
      'bash',
      ['-c', `head -c 70000 /dev/zero | '${process.execPath}' '${bin}' whoami --token -`],
      folder,
    );
    expect(code).toBe(3);
    expect(stderr).toContain('(invalid_subject_token)');
  });
});
