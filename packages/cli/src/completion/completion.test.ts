import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';

const complete = async (...words: string[]): Promise<string[]> =>
  (await runInMemory(['complete', '--', ...words])).stdout.split('\n').filter((one) => one !== '');

test.each([
  [['cr'], ['credential-process']],
  [['set'], ['setup']],
  [
    ['setup', 'a'],
    ['aws', 'azure'],
  ],
  [['setup', 'aws', '--acc'], ['--account-id']],
  [['init', 'gcp', '--google-project-n'], ['--google-project-number']],
  // The name of an entry, the value of an option and the words of a program are the shell's.
  [['doctor', ''], []],
  [['emulator', '--seed', ''], []],
  [['dev', '--', 'ne'], []],
])('%j may continue with %j', async (words, found) => expect(await complete(...words)).toEqual(found));

test('the commands are those of the help, without the one that shells call', async () => {
  const found = await complete('');
  expect(found).toContain('dev');
  expect(found).not.toContain('complete');
});

test('an option is completed after the value of another one, and a switch has no value', async () => {
  expect(await complete('emulator', '--seed', 'x.json', '--wr')).toEqual(['--write-ca']);
  expect(await complete('doctor', '--local', '--pol')).toEqual(['--policy']);
});

test.each(['bash', 'zsh', 'fish'])('the script for %s calls credex complete', async (shell) => {
  const { exit, stdout } = await runInMemory(['completion', shell]);
  expect([exit, stdout]).toEqual([0, expect.stringContaining('credex complete -- ')]);
});

test('bash fills in what credex answers', async () => {
  const { stdout } = await runInMemory(['completion', 'bash']);
  const words = `credex() { printf '%s ' "$@"; echo; echo setup; }; COMP_WORDS=(credex se); COMP_CWORD=1; _credex; printf '%s,' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['-c', `${stdout}\n${words}`], { encoding: 'utf8' });
  expect(printed).toBe('complete -- se ,setup,');
});

test('another shell is an error that names those that there are', async () => {
  const { exit, stderr } = await runInMemory(['completion', 'tcsh']);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('bash, zsh, fish')]);
});
