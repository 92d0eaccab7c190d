import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRegularFile, UnreadableFile } from './regular-file.js';

const folder = fs.mkdtempSync(join(tmpdir(), 'credex-files-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

describe('a file is read', () => {
  it.each([0, 1, 100])('of %i bytes, whole', (size) => {
    fs.writeFileSync(path('file'), 'x'.repeat(size));
    expect(readRegularFile(fs, path('file'), 100)).toHaveLength(size);
  });

  it('through a link', () => {
    fs.writeFileSync(path('file'), 'content');
    fs.symlinkSync(path('file'), path('link'));
    expect(Buffer.from(readRegularFile(fs, path('link'), 100)).toString()).toBe('content');
  });

  it('of a file system that says nothing of its size', () => {
    expect(readRegularFile(fs, '/proc/self/cmdline', 65_536).length).toBeGreaterThan(0);
  });
});

describe('what is no regular file is refused without waiting for it', () => {
  it('a named pipe without a writer', () => {
    execFileSync('sh', ['-c', 'mkfifo "$0"', path('pipe')]);
    expect(() => readRegularFile(fs, path('pipe'), 100)).toThrow(UnreadableFile);
  });

  it.each(['/dev/zero', '/dev/tty', '/dev/null', tmpdir()])('%s', (name) => {
    expect(() => readRegularFile(fs, name, 100)).toThrow(/not a regular file|ENXIO/);
  });

  it('one that is too long, by a byte', () => {
    fs.writeFileSync(path('long'), 'x'.repeat(101));
    expect(() => readRegularFile(fs, path('long'), 100)).toThrow('it is longer than 100 bytes');
  });
});
