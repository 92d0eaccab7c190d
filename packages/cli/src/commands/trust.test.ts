import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';

let cwd: string;
let home: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'credex-trust-'));
  home = mkdtempSync(join(tmpdir(), 'credex-home-'));
});
afterEach(() => {
  for (const folder of [cwd, home]) rmSync(folder, { recursive: true });
});

const ran = (): boolean => {
  try {
    return readFileSync(join(cwd, 'ran'), 'utf8') === 'yes';
  } catch {
    return false;
  }
};
const ENTRY = `{ provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' }`;
const code = (): string =>
  `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(join(cwd, 'ran'))}, 'yes');
   export default { credentials: { store: ${ENTRY} } };`;
const FILE = 'credex.config.mjs';
const write = (text = code()): void => writeFileSync(join(cwd, FILE), text);
const run = (...argv: string[]) =>
  runInMemory(argv, { cwd, env: { HOME: home, XDG_CONFIG_HOME: undefined } });

const COMMANDS: readonly (readonly string[])[] = [
  ['print-config', 'store'],
  ['exec', 'store', '--', 'true'],
  ['doctor', 'store'],
  ['credential-process', 'store'],
  ['google-executable', 'store'],
  ['azure-token-file', 'store', '--path', 'token'],
];

describe('code in the working directory', () => {
  it.each(COMMANDS)('is not run by %s', async (...argv) => {
    write();
    const { stdout, stderr } = await run(...argv);
    expect(ran()).toBe(false);
    expect(`${stdout}${stderr}`).toMatch(/credex trust|--config is missing/);
  });

  it('is run after consent to this very content, until it changes or the consent is taken back', async () => {
    write();
    expect((await run('trust', FILE)).exit).toBe(0);
    expect((await run('print-config', 'store')).exit).toBe(0);
    expect(ran()).toBe(true);
    write(`${code()} // changed`);
    expect((await run('print-config', 'store', '--json')).json()).toMatchObject({
      error: { code: 'untrusted_configuration' },
    });
    await run('trust', FILE);
    expect((await run('print-config', 'store')).exit).toBe(0);
    expect((await run('trust', '--list', '--json')).json()).toMatchObject({
      files: [{ path: join(cwd, FILE) }],
    });
    expect((await run('trust', '--revoke', FILE, '--json')).json()).toMatchObject({ wasTrusted: true });
    expect((await run('print-config', 'store')).exit).toBe(2);
  });

  it('is run where the command names it', async () => {
    write();
    expect((await run('print-config', 'store', '--config', FILE)).exit).toBe(0);
    expect(ran()).toBe(true);
  });

  it('imports from the folder of the trusted file, if the working directory has a link to it', async () => {
    const trusted = join(home, 'project');
    const place = (folder: string, text: string): void => {
      const modules = join(folder, 'node_modules', 'helper');
      mkdirSync(modules, { recursive: true });
      writeFileSync(join(modules, 'index.js'), text);
      writeFileSync(join(folder, 'role.mjs'), text);
    };
    const evil = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(join(cwd, 'ran'))}, 'yes'); export {};`;
    place(trusted, 'export {};');
    place(cwd, evil);
    const file = join(trusted, FILE);
    writeFileSync(
      file,
      `import 'helper'; import './role.mjs'; export default { credentials: { store: ${ENTRY} } };`,
    );
    symlinkSync(file, join(cwd, FILE));
    expect((await run('trust', file)).exit).toBe(0);
    const { exit, stdout } = await run('print-config', 'store');
    expect({ exit, ran: ran() }).toEqual({ exit: 0, ran: false });
    expect(stdout).toContain(`--config ${file}`);
  });

  it('the consent is in a file of the user alone', async () => {
    write();
    await run('trust', FILE);
    expect(statSync(join(home, '.config', 'credex', 'trusted.json')).mode & 0o777).toBe(0o600);
  });

  it('is not trusted by a file that says nonsense', async () => {
    write();
    await run('trust', FILE);
    writeFileSync(join(home, '.config', 'credex', 'trusted.json'), '{');
    expect((await run('print-config', 'store')).exit).toBe(2);
  });
});

describe('JSON in the working directory', () => {
  const json = (): void =>
    writeFileSync(
      join(cwd, 'credex.config.json'),
      JSON.stringify({
        credentials: { store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' } },
      }),
    );

  it('needs no consent', async () => {
    json();
    expect((await run('print-config', 'store')).exit).toBe(0);
  });

  it.each(COMMANDS.slice(3))('is not found by %s, which another program starts', async (...argv) => {
    json();
    const { stdout, stderr } = await run(...argv);
    expect(`${stdout}${stderr}`).toContain('--config is missing');
  });

  it('print-config names it by its absolute path', async () => {
    json();
    expect((await run('print-config', 'store')).stdout).toContain(
      `--config ${join(cwd, 'credex.config.json')}`,
    );
  });
});
