import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSubjectToken } from '@credex/core/on-demand';
import { laptop, token } from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';
import { node } from './node.js';
import type { Node } from './node.js';
import { savedToken } from './saved-token.js';

let here: Laptop;
let cache: string;
let told: string[];
beforeEach(() => {
  here = laptop();
  cache = join(here.home, '.cache');
  told = [];
});
afterEach(() => here.remove());

const saved = (machine: Node = node() as Node, identity: readonly (string | undefined)[] = ['prj_shop']) =>
  savedToken(machine, cache, identity, (message) => told.push(message));
const folder = (): string => join(cache, 'credex', 'vercel');
const file = (): string => join(folder(), readdirSync(folder())[0] as string);

it('returns what was written, to the same identity only, and leaves no other file', () => {
  expect(saved().read()).toBeUndefined();
  expect(existsSync(cache)).toBe(false);
  const jwt = token();
  saved().write(readSubjectToken(jwt));
  saved().write(readSubjectToken(jwt));
  expect(saved().read()?.jwt).toBe(jwt);
  expect(saved(undefined, ['prj_other']).read()).toBeUndefined();
  expect(readdirSync(folder())).toHaveLength(1);
  expect(told).toEqual([]);
});

it('is open to its user alone, whatever the umask, also where it was not before', () => {
  const umask = process.umask(0);
  try {
    saved().write(readSubjectToken(token()));
    expect([folder(), join(cache, 'credex'), file()].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o700, 0o600,
    ]);
    chmodSync(file(), 0o644);
    saved().write(readSubjectToken(token()));
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  } finally {
    process.umask(umask);
  }
});

describe('what is not safe is not used, and told', () => {
  beforeEach(() => saved().write(readSubjectToken(token())));

  it.each([0o640, 0o604, 0o620, 0o602])('a file of mode %o', (mode) => {
    chmodSync(file(), mode);
    expect(saved().read()).toBeUndefined();
    expect(told).toEqual([
      expect.stringContaining(`${file()}: it is open to others (mode ${mode.toString(8)})`),
    ]);
  });

  it.each([0o750, 0o705, 0o777])('a directory of mode %o: neither read nor written', (mode) => {
    const before = readFileSync(file());
    chmodSync(join(cache, 'credex'), mode);
    expect(saved().read()).toBeUndefined();
    saved().write(readSubjectToken(token()));
    expect(readFileSync(file())).toEqual(before);
    expect(told).toHaveLength(2);
    expect(told.join()).toContain('run `chmod 700` on it');
  });

  it('a link in the place of the file, which a new token replaces', () => {
    const elsewhere = join(here.root, 'another.json');
    const place = file();
    renameSync(place, elsewhere);
    symlinkSync(elsewhere, place);
    const before = readFileSync(elsewhere);
    expect(saved().read()).toBeUndefined();
    expect(told).toEqual([expect.stringContaining('ELOOP')]);
    saved().write(readSubjectToken(token()));
    expect(lstatSync(place).isSymbolicLink()).toBe(false);
    expect(readFileSync(elsewhere)).toEqual(before);
  });

  it('a link in the place of the directory', () => {
    const elsewhere = join(here.root, 'another');
    renameSync(join(cache, 'credex'), elsewhere);
    symlinkSync(elsewhere, join(cache, 'credex'));
    expect(saved().read()).toBeUndefined();
    saved().write(readSubjectToken(token()));
    expect(told.join()).toContain('is not a directory');
  });

  it('what belongs to somebody else', () => {
    const me = node() as Node;
    const other: Node = { ...me, uid: (me.uid ?? 0) + 1 };
    expect(saved(other).read()).toBeUndefined();
    expect(told.join()).toContain('owned by user');
    // Only the administrator can give a file away; for others the line above has to do.
    if (me.uid !== 0) return;
    told.length = 0;
    chownSync(file(), 12_345, 0);
    expect(saved().read()).toBeUndefined();
    expect(told.join()).toContain('owned by user 12345, not by 0');
  });

  it.each(['', '{', 'null', '{"token": "garbage"}', '{"version": 1}', 'x'.repeat(70_000)])(
    'a file that holds %.20j',
    (text) => {
      writeFileSync(file(), text);
      expect(saved().read()).toBeUndefined();
      expect(told).toHaveLength(1);
    },
  );

  it('a directory in the place of the file', () => {
    const place = file();
    rmSync(place);
    mkdirSync(place, { mode: 0o700 });
    expect(saved().read()).toBeUndefined();
    saved().write(readSubjectToken(token()));
    expect(told).toHaveLength(2);
    expect(readdirSync(folder())).toHaveLength(1);
  });
});

it('does without where the directory can not be made', () => {
  writeFileSync(cache, '');
  saved().write(readSubjectToken(token()));
  expect(saved().read()).toBeUndefined();
  expect(told).toEqual([expect.stringContaining('can not be stored in')]);
});

it('asks no mode bits of Windows, which has none', () => {
  const windows: Node = { ...(node() as Node), platform: 'win32', uid: undefined };
  const jwt = token();
  saved(windows).write(readSubjectToken(jwt));
  chmodSync(file(), 0o666);
  expect(saved(windows).read()?.jwt).toBe(jwt);
});
