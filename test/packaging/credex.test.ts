/** The package that users install by the name of the project: what it loads, and what it says of what is missing. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { link, runModule, unpack } from './installation.js';
import { closureOf, emptyFolder, manifestOf } from './packages.js';

const BOUND_MS = 120_000;

/** Prints every module that is loaded. */
const HOOKS = `import { writeSync } from 'node:fs';
export async function load(url, context, next) { writeSync(1, url + '\\n'); return next(url, context); }`;

const CONFIG = `{ credentials: { store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' } } }`;

describe('credex, unpacked with its dependencies', () => {
  const [folder, remove] = emptyFolder();

  beforeAll(async () => {
    for (const packageName of closureOf('credex')) {
      await unpack(folder, packageName);
      const { dependencies = {} } = manifestOf(packageName);
      link(
        folder,
        packageName,
        Object.keys(dependencies).filter((name) => !name.startsWith('@credex/')),
      );
    }
    writeFileSync(join(folder, 'hooks.mjs'), HOOKS);
    const hooks = JSON.stringify(pathToFileURL(join(folder, 'hooks.mjs')).href);
    const text = `import { register } from 'node:module'; register(${hooks});`;
    writeFileSync(join(folder, 'register.mjs'), text);
  }, BOUND_MS);
  afterAll(remove);

  const loadedBy = async (text: string): Promise<readonly string[]> => {
    const { stdout, stderr } = await runModule(folder, text, '--import', './register.mjs');
    expect(stderr).toBe('');
    return stdout.split('\n').filter((line) => line.startsWith('file:') || line.startsWith('node:'));
  };

  it(
    'loads credex, config and core, and nothing else',
    async () => {
      const loaded = await loadedBy(`await import('credex')`);
      // What core has of Node itself aside.
      const files = loaded.filter((url) => url.startsWith('file:'));
      const packages = files.map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? url);
      expect([...new Set(packages)].sort()).toEqual(['@credex/config', '@credex/core', 'credex']);
      expect(files.length).toBeLessThan(20);
    },
    BOUND_MS,
  );

  it(
    'loads the reader of JSON with the first file, and no transpiler for it',
    async () => {
      writeFileSync(
        join(folder, 'credex.config.json'),
        JSON.stringify({
          credentials: { store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' } },
        }),
      );
      const loaded = await loadedBy(`await (await import('credex')).loadConfig()`);
      expect(loaded.some((url) => url.includes('read-json'))).toBe(true);
      expect(loaded.filter((url) => url.includes('/jiti/') || url.includes('aws4fetch'))).toEqual([]);
    },
    BOUND_MS,
  );

  it('publishes its schema', async () => {
    const text = `import schema from 'credex/schema.json' with { type: 'json' }; console.log(schema.title);`;
    const { stdout } = await runModule(folder, text, '--disable-warning=ExperimentalWarning');
    expect(stdout.trim()).toBe('credex.config.json');
  });

  const ASK = `import { createCredentials } from 'credex';
    const credentials = createCredentials(${CONFIG});
    for (let tries = 0; tries < 3; tries += 1) {
      const said = await credentials.get('store').then((provider) => typeof provider, ({ code, option, message }) => ({ code, option, message }));
      console.log(JSON.stringify(said));
    }`;
  const linesOf = async (...flags: readonly string[]): Promise<readonly string[]> => {
    const { stdout, stderr } = await runModule(folder, ASK, ...flags);
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  };

  it(
    'says which package is missing, where a deployment has lost it',
    async () => {
      rmSync(join(folder, 'node_modules', '@credex', 'aws'), { recursive: true });
      const lines = await linesOf();
      const missing = { code: 'missing_package', option: 'credentials.store.provider' };
      expect(JSON.parse(lines[0] ?? '')).toMatchObject(missing);
      expect(lines[0]).toMatch(/run `npm install @credex\/aws`/);
      expect(new Set(lines).size).toBe(1);
    },
    BOUND_MS,
  );

  it(
    'tries again after an import that failed',
    async () => {
      await unpack(folder, 'aws');
      // Node remembers which folders are missing: so the failure is made.
      const hooks = `let failures = 1;
        export async function resolve(specifier, context, next) {
          if (specifier === '@credex/aws' && failures-- > 0) throw new Error('The disk was busy.');
          return next(specifier, context);
        }`;
      writeFileSync(join(folder, 'failing.mjs'), hooks);
      const url = JSON.stringify(pathToFileURL(join(folder, 'failing.mjs')).href);
      const text = `import { register } from 'node:module'; register(${url});`;
      writeFileSync(join(folder, 'register-failing.mjs'), text);
      const lines = await linesOf('--import', './register-failing.mjs');
      expect(lines[0]).toMatch(/The disk was busy/);
      expect(lines.slice(1)).toEqual(['"function"', '"function"']);
    },
    BOUND_MS,
  );
});
