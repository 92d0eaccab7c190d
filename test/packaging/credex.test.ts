/** The package that users install by the name of the project: what it loads, and what it says of what is missing. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tarballOf } from '../../scripts/pack.mjs';
import { link, runModule, unpack } from './installation.js';
import { closureOf, emptyFolder, manifestOf } from './packages.js';

const BOUND_MS = 120_000;

/** Prints every module that is loaded. */
const HOOKS = `import { writeSync } from 'node:fs';
export async function load(url, context, next) { writeSync(1, url + '\\n'); return next(url, context); }`;

const CONFIG = `{ credentials: { store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' } } }`;

describe('credex, unpacked beside its dependencies, without a cloud', () => {
  const [folder, remove] = emptyFolder();

  beforeAll(async () => {
    for (const room of closureOf('credex')) await unpack(folder, room);
    const { dependencies = {} } = manifestOf('credex');
    link(
      folder,
      'credex',
      Object.keys(dependencies).filter((name) => !name.startsWith('@credex/')),
    );
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
    'loads credex and core, and nothing else',
    async () => {
      const loaded = await loadedBy(`await import('credex')`);
      const packages = loaded.map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? url);
      expect([...new Set(packages)].sort()).toEqual(['@credex/core', 'credex']);
      expect(loaded.length).toBeLessThan(20);
    },
    BOUND_MS,
  );

  it(
    'loads the reader of JSON with the first file, and no TypeScript for it',
    async () => {
      writeFileSync(
        join(folder, 'credex.config.json'),
        JSON.stringify({
          credentials: { store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' } },
        }),
      );
      const loaded = await loadedBy(`await (await import('credex')).loadConfig()`);
      expect(loaded.some((url) => url.includes('jsonc-parser'))).toBe(true);
      expect(loaded.filter((url) => url.includes('/jiti/') || url.includes('aws4fetch'))).toEqual([]);
    },
    BOUND_MS,
  );

  it('publishes its schema', async () => {
    const text = `import schema from 'credex/schema.json' with { type: 'json' }; console.log(schema.title);`;
    const { stdout } = await runModule(folder, text, '--disable-warning=ExperimentalWarning');
    expect(stdout.trim()).toBe('credex.config.json');
  });

  it(
    'says which package is missing, and finds it once it is there, in the same process',
    async () => {
      const text = `
        import { execFileSync } from 'node:child_process';
        import { mkdirSync } from 'node:fs';
        import { createCredentials } from 'credex';
        const credentials = createCredentials(${CONFIG});
        for (let tries = 0; tries < 2; tries += 1) {
          await credentials.get('store').catch(({ code, option, message }) => console.log(JSON.stringify({ code, option, message })));
        }
        mkdirSync('node_modules/@credex/aws');
        const tarball = ${JSON.stringify(tarballOf('aws'))};
        execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', 'node_modules/@credex/aws']);
        console.log(typeof (await credentials.get('store')));`;
      const { stdout, stderr } = await runModule(folder, text);
      expect(stderr).toBe('');
      const lines = stdout.trim().split('\n');
      const missing = JSON.parse(lines[0] ?? '') as unknown;
      expect(missing).toMatchObject({ code: 'missing_package', option: 'credentials.store.provider' });
      expect(lines[0]).toMatch(/run `npm install @credex\/aws`/);
      expect(lines[1]).toBe(lines[0]);
      expect(lines[2]).toBe('function');
    },
    BOUND_MS,
  );
});
