/** What a configuration prints never mixes with an answer that another program parses. */

import { describe, expect, it, vi } from 'vitest';
import { jwt } from '../security/polluted.js';
import { credex, folder, removeFolders } from '../support/command-line.js';

vi.setConfig({ testTimeout: 30_000 });
removeFolders();

const CONFIG = `
console.log('noise by log');
console.info('noise by info');
console.table([{ noise: 1 }]);
process.stdout.write('noise by write\\n');
console.error('noise by error');
setTimeout(() => console.log('noise by a timer'), 1);
export default { credentials: {
  store: { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/shop' },
  reports: { provider: 'gcp', projectNumber: '742613904155', workloadIdentityPoolId: 'vercel', workloadIdentityPoolProviderId: 'vercel' },
} };`;

const cwd = folder({ 'credex.config.mjs': CONFIG, token: jwt({ exp: 9_999_999_999 }) });
const env = { PATH: process.env['PATH'], HOME: cwd };
const run = (...argv: string[]) =>
  credex([...argv, '--config', 'credex.config.mjs', '--token-file', 'token'], { cwd, env });

describe('standard output holds the answer alone', () => {
  it('of google-executable, and standard error nothing', async () => {
    const { stdout, stderr } = await run('google-executable', 'reports');
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      success: true,
      id_token: jwt({ exp: 9_999_999_999 }),
    });
    expect(stderr).toBe('');
  });

  it.each([
    ['print-config', 'store', '--json'],
    ['doctor', 'missing', '--json'],
    ['credential-process', 'reports', '--json'],
  ])('of %s %s', async (...argv) => {
    const { stdout, stderr } = await run(...argv);
    expect(() => JSON.parse(stdout) as unknown).not.toThrow();
    expect(stdout).not.toContain('noise');
    // It is not lost: whoever wrote it finds it.
    expect(stderr).toContain('noise by log');
  });
});
