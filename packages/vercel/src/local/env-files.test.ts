import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { envFileNotes, tokenInEnvText } from './env-files.js';
import { NOW, laptop, token } from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';
import { node } from './node.js';
import type { Node } from './node.js';

describe('the variable in a text', () => {
  it.each([
    ['plain', 'VERCEL_OIDC_TOKEN=a.b.c', 'a.b.c'],
    ['quoted', 'VERCEL_OIDC_TOKEN="a.b.c"', 'a.b.c'],
    ['in single quotes', "VERCEL_OIDC_TOKEN='a.b.c'", 'a.b.c'],
    ['in backticks', 'VERCEL_OIDC_TOKEN=`a.b.c`', 'a.b.c'],
    ['exported', 'export VERCEL_OIDC_TOKEN=a.b.c', 'a.b.c'],
    ['with spaces around', '  VERCEL_OIDC_TOKEN = a.b.c  ', 'a.b.c'],
    ['with a comment', 'VERCEL_OIDC_TOKEN="a.b.c" # pulled', 'a.b.c'],
    ['with a comment and no quotes', 'VERCEL_OIDC_TOKEN=a.b.c#pulled', 'a.b.c'],
    ['after a byte order mark', '\ufeffVERCEL_OIDC_TOKEN=a.b.c', 'a.b.c'],
    ['on Windows', 'A=1\r\nVERCEL_OIDC_TOKEN=a.b.c\r\nB=2', 'a.b.c'],
    ['twice: the last one', 'VERCEL_OIDC_TOKEN=x\nVERCEL_OIDC_TOKEN=y', 'y'],
    ['twice: emptied', 'VERCEL_OIDC_TOKEN=x\nVERCEL_OIDC_TOKEN=""', undefined],
    ['commented out', '# VERCEL_OIDC_TOKEN=a.b.c', undefined],
    ['under another name', 'MY_VERCEL_OIDC_TOKEN=a\nVERCEL_OIDC_TOKEN_FILE=/x', undefined],
    ['inside another value', 'KEY="\nVERCEL_OIDC_TOKEN=a.b.c\n"', undefined],
    ['after a value with an escaped quote', 'KEY="a\\"b"\nVERCEL_OIDC_TOKEN=a.b.c', 'a.b.c'],
    ['after a quote that never ends', 'KEY="a\nVERCEL_OIDC_TOKEN=a.b.c', 'a.b.c'],
    ['nowhere', '', undefined],
  ])('%s', (_what, text, value) => {
    expect(tokenInEnvText(text)).toBe(value);
  });

  it('is found in time in a text made to be slow', () => {
    const text = `${'A="\\'.repeat(50_000)}\n${' '.repeat(50_000)}\nVERCEL_OIDC_TOKEN=a`;
    const before = performance.now();
    tokenInEnvText(text);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe('the notes on files', () => {
  let here: Laptop;
  beforeEach(() => {
    here = laptop();
  });
  afterEach(() => here.remove());
  const notes = (): readonly string[] =>
    envFileNotes(
      node() as Node,
      [here.project, here.project],
      ({ project_id }) => project_id === 'prj_shop',
      NOW,
    ).map((note) => note.replace(`${here.project}/`, ''));

  it('say of each file what is wrong with its token, once', () => {
    expect(notes()).toEqual([]);
    here.write(join(here.project, '.env'), 'A=1');
    here.write(join(here.project, '.env.local'), `VERCEL_OIDC_TOKEN="${token({}, -0.5)}"`);
    here.write(join(here.project, '.env.development.local'), 'VERCEL_OIDC_TOKEN=garbage');
    expect(notes()).toEqual([
      '.env.local contains a VERCEL_OIDC_TOKEN that expired 30 minutes ago: run `vercel env pull .env.local`.',
      '.env.development.local contains a VERCEL_OIDC_TOKEN that is not a token: run `vercel env pull .env.development.local`.',
    ]);
    here.write(join(here.project, '.env'), `VERCEL_OIDC_TOKEN=${token({ project_id: 'prj_b' })}`);
    here.write(join(here.project, '.env.local'), `VERCEL_OIDC_TOKEN=${token()}`);
    expect(notes().slice(0, 2)).toEqual([
      '.env contains a VERCEL_OIDC_TOKEN of another project or environment: run `vercel env pull .env`.',
      '.env.local contains a valid VERCEL_OIDC_TOKEN, but this process has not loaded the file: start it with `node --env-file=.env.local`.',
    ]);
  });

  it('say of what is no file that it can not be read', () => {
    here.write(join(here.project, '.env', 'inside'), '');
    chmodSync(join(here.project, '.env'), 0o700);
    expect(notes()).toEqual(['.env can not be read: check its permissions with `ls -l`.']);
  });
});
