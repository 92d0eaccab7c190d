import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';
import { makeFolder, makeTemporaryFolder } from './new-folder.js';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'credex-folder-'));
  writeFileSync(join(parent, 'file'), '');
});
afterEach(() => rmSync(parent, { recursive: true }));

it('makes a folder with its parents, in the mode that is given', async () => {
  await makeFolder(join(parent, 'a/b'), { hint: 'unused', mode: 0o700 });
  expect(statSync(join(parent, 'a/b')).mode & 0o777).toBe(0o700);
  await makeFolder(join(parent, 'a/b'), { hint: 'unused' });
  const made = await makeTemporaryFolder(parent, 'x-', 'TMPDIR');
  expect(statSync(made).isDirectory()).toBe(true);
});

it('reports a folder that cannot be made, with what to do', async () => {
  await expect(makeFolder(join(parent, 'file/a'), { hint: 'Choose another.' })).rejects.toMatchObject({
    code: 'unreadable_file',
    message: `The folder ${join(parent, 'file/a')} cannot be made: ENOTDIR.`,
    hint: 'Choose another.',
  });
  await expect(makeTemporaryFolder(join(parent, 'absent'), 'x-', 'TMPDIR')).rejects.toMatchObject({
    message: `A folder cannot be made in ${join(parent, 'absent')}: ENOENT.`,
    hint: 'Set TMPDIR to an existing folder that you can write to.',
  });
});

it('is no defect where the user has no folder for the list of trusted configurations', async () => {
  const { exit, stderr } = await runInMemory(['trust', 'file'], {
    cwd: parent,
    env: { HOME: join(parent, 'file'), XDG_CONFIG_HOME: join(parent, 'file') },
  });
  expect([exit, stderr]).toEqual([
    2,
    expect.stringMatching(/cannot be made: ENOTDIR\. \(unreadable_file\)\n +Set \w+ to a folder/),
  ]);
});

it('is no defect where the certificate of the emulator cannot be written', async () => {
  const { exit, stderr } = await runInMemory(['emulator', '--write-ca', 'absent/ca.pem'], { cwd: parent });
  expect([exit, stderr]).toEqual([
    2,
    expect.stringContaining(`The file ${join(parent, 'absent/ca.pem')} of --write-ca cannot be written.`),
  ]);
});
