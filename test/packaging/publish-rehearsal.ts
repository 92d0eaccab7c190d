import { expect } from 'vitest';
import { tarballOf } from '../../scripts/pack.mjs';
import { command, emptyFolder, manifestOf } from './packages.js';

/** `npm publish --dry-run` takes the tarball. No registry is contacted: nothing listens on the port. */
export async function expectRehearsal(packageName: string): Promise<void> {
  const [folder, remove] = emptyFolder();
  const npm = 'npm_config_fetch_retries=0 npm_config_registry=http://127.0.0.1:9 npm publish --dry-run';
  const { code, stdout } = await command('sh', ['-c', `${npm} '${tarballOf(packageName)}'`], folder);
  remove();
  expect(code).toBe(0);
  expect(stdout).toContain(`+ ${manifestOf(packageName).name}@${manifestOf(packageName).version}`);
}
