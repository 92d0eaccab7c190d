/** `npm install credex` in an empty folder: what is installed then, what a shell can run, what a deployment takes. */

import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePacked } from '../../scripts/pack.mjs';
import { command, emptyFolder, manifestOf } from './packages.js';
import { startRegistry } from './registry.js';

const [folder, remove] = emptyFolder();
let installed: readonly string[];
beforeAll(async () => {
  await ensurePacked();
  const registry = await startRegistry();
  const environment = `npm_config_registry=${registry.url} npm_config_cache='${join(folder, '.npm')}'`;
  const install = 'npm install --no-audit --no-fund --loglevel=error credex';
  const { code, stderr } = await command('sh', ['-c', `${environment} ${install}`], folder);
  await registry.close();
  if (code !== 0) throw new Error(`npm install failed: ${stderr}`);
  const lock = readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as { packages: Readonly<Record<string, unknown>> };
  installed = Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, ''));
}, 120_000);
afterAll(remove);

const npx = (...argv: readonly string[]) => command('npx', ['--no-install', 'credex', ...argv], folder);

/** Bytes of the files in a folder. */
function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

describe('npm install credex', () => {
  it('brings few packages and few bytes, and no emulator', () => {
    const ours = installed.filter((name) => /^(?:@credex\/|credex$)/.test(name));
    expect(ours.sort()).toEqual(
      ['aws', 'azure', 'cli', 'config', 'core', 'explain', 'gcp', 'store', 'vercel', 'verify']
        .map((packageName) => `@credex/${packageName}`)
        .concat('credex'),
    );
    // Prompts of `credex init` among them.
    expect(installed.length).toBeLessThanOrEqual(33);
    expect(sizeOf(join(folder, 'node_modules'))).toBeLessThanOrEqual(17_000_000);
  });

  it('gives the command', async () => {
    const { code, stdout, stderr } = await npx('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/whoami[^]*doctor/);
    expect((await npx('--version')).stdout).toBe(`${manifestOf('credex').version}\n`);
    const whoami = await npx('whoami', '--token-file', 'absent');
    expect(whoami.code).toBe(3);
  });

  it('reads a configuration in TypeScript', async () => {
    writeFileSync(
      join(folder, 'credex.config.ts'),
      `import { defineConfig } from 'credex';
       const roleArn: string = 'arn:aws:iam::123456789012:role/shop';
       export default defineConfig({ credentials: { store: { provider: 'aws', roleArn } } });`,
    );
    const { code, stdout } = await npx('print-config', 'store', '--config', 'credex.config.ts');
    rmSync(join(folder, 'credex.config.ts'));
    expect(code).toBe(0);
    expect(stdout).toContain('credential_process');
  });

  it('says which package the emulator is in', async () => {
    const { code, stderr } = await npx('emulator');
    expect(code).toBe(2);
    expect(stderr).toContain(`npm install --save-dev @credex/testing@${manifestOf('credex').version}`);
  });

  it('puts no tool of a developer into a bundle', async () => {
    const { metafile } = await build({
      stdin: {
        contents: `import { createCredentials } from 'credex'; createCredentials();`,
        resolveDir: folder,
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outdir: join(folder, 'out'),
      splitting: true,
      write: false,
      metafile: true,
      logLevel: 'error',
      external: ['proxy-agent'],
    });
    const packages = Object.keys(metafile.inputs).flatMap(
      (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
    );
    expect([...new Set(packages)].sort()).toEqual([
      ...['aws', 'azure', 'config', 'core', 'gcp', 'vercel'].map((packageName) => `@credex/${packageName}`),
      'aws4fetch',
      'credex',
    ]);
  });
});
