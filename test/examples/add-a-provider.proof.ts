/** docs/add-a-provider.md, step by step, in a copy of the packages: the cloud works, and costs five lines in existing files. */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import type { Ended } from '../support/command-line.js';
import { documentOf, ended, outside, start } from '../support/command-line.js';
import { useFixture } from '../support/use-fixture.js';
import { ROOT } from './readme-blocks.js';

const BOUND_MS = 180_000;
const MOST_LINES = 5;
const guide = readFileSync(join(ROOT, 'docs', 'add-a-provider.md'), 'utf8');

/** The files of the guide: each is named above its block. */
const FILES = [...guide.matchAll(/^\*\*`(packages\/.+?)`\*\*\n\n```\w+\n([\s\S]*?)^```$/gm)].map(
  ([, path = '', text = '']) => ({ path, text }),
);
const USE = /## Use it[\s\S]*?```ts\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? '';

interface Addition {
  readonly path: string;
  readonly after: string;
  readonly line: string;
}

/** The lines of the guide's diff. */
const ADDITIONS = (/^```diff\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? '')
  .trim()
  .split('\n\n')
  .map((part): Addition => {
    const [path = '', after = '', line = ''] = part.split('\n');
    if (!after.startsWith(' ') || !line.startsWith('+')) throw new TypeError(`No addition: ${part}`);
    return { path, after: after.slice(1), line: line.slice(1) };
  });

const OWN = /^packages\/(?:nimbus\/|cli\/src\/clouds\/nimbus\/|(?:config|credex)\/src\/clouds\/nimbus\.ts$)/;

const root = mkdtempSync(join(tmpdir(), 'credex-fourth-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...parts: readonly string[]): string => join(root, ...parts);
const read = (path: string): string => readFileSync(at(path), 'utf8');

async function run(cwd: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd }).catch(
    ({ stdout: out, stderr }: { stdout: string; stderr: string }) => {
      throw new Error(`${args.join(' ')} failed: ${out}${stderr}`);
    },
  );
  return stdout;
}

/** What `pnpm install` does for dependencies on packages of the workspace. */
function install(name: string): void {
  const { dependencies = {} } = JSON.parse(read(`packages/${name}/package.json`)) as {
    dependencies?: Record<string, string>;
  };
  for (const dependency of Object.keys(dependencies).filter((one) => one.startsWith('@credex/'))) {
    const link = at('packages', name, 'node_modules', dependency);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(at('packages', dependency.slice('@credex/'.length)), link, 'junction');
  }
}

/** Exchanges tokens as the guide's cloud does, and knows whose access token it is. */
const nimbus = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const isTrusted = form.get('audience') === 'shop' && (form.get('subject_token') ?? '').startsWith('ey');
    if (request.url === '/token' && isTrusted) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ access_token: 'nimbus-access', token_type: 'Bearer', expires_in: 3600 }));
    } else if (request.url === '/token') response.writeHead(403).end('{}');
    else if (request.url === '/whoami' && request.headers.authorization !== 'Bearer nimbus-access')
      response.writeHead(401).end();
    else response.end('shop');
  });
});

const fixture = useFixture();
let url = '';

beforeAll(async () => {
  await ensureBuilt();
  cpSync(join(ROOT, 'packages'), at('packages'), {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
  });
  cpSync(join(ROOT, 'tsconfig.base.json'), at('tsconfig.base.json'));
  for (const name of ['node_modules', 'scripts']) symlinkSync(join(ROOT, name), at(name), 'junction');
  for (const { path, text } of FILES) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  }
  for (const { path, after, line } of ADDITIONS) {
    const parts = read(path).split(`${after}\n`);
    if (parts.length !== 2) throw new Error(`${path} does not have this line once: ${after}`);
    writeFileSync(at(path), parts.join(`${after}\n${line}\n`));
  }
  for (const name of ['nimbus', 'config', 'cli', 'credex']) install(name);
  const build = (name: string, ...flags: readonly string[]): Promise<string> =>
    run(at('packages', name), join(ROOT, 'scripts', 'build-package.mjs'), ...flags);
  await Promise.all([build('nimbus', '--whole-index'), build('config')]);
  await build('cli');
  await build('credex');
  await new Promise<void>((resolve) => nimbus.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(nimbus.address() as AddressInfo).port}`;
}, BOUND_MS);
afterAll(() => nimbus.close());

describe('the guide', () => {
  test(`changes at most ${MOST_LINES} lines outside the folders and files of the cloud`, () => {
    expect(ADDITIONS.length).toBeLessThanOrEqual(MOST_LINES);
    expect(FILES.filter(({ path }) => !OWN.test(path))).toEqual([]);
    expect(FILES.length).toBeGreaterThan(10);
  });

  test(
    'shows a use that compiles, and infers the types',
    async () => {
      const user = at('packages', 'credex', 'use');
      mkdirSync(user);
      writeFileSync(join(user, 'use.ts'), USE);
      const wrong = USE.replace("workload: 'shop' }", "roleArn: 'shop' }").replace('accessToken', 'token');
      writeFileSync(join(user, 'wrong.ts'), wrong);
      const options = {
        extends: '../../../tsconfig.base.json',
        compilerOptions: { noEmit: true, noUnusedLocals: false },
      };
      writeFileSync(join(user, 'tsconfig.json'), JSON.stringify({ ...options, files: ['use.ts'] }));
      writeFileSync(join(user, 'wrong.json'), JSON.stringify({ ...options, files: ['wrong.ts'] }));
      mkdirSync(join(user, 'node_modules'));
      symlinkSync(at('packages', 'credex'), join(user, 'node_modules', 'credex'), 'junction');
      const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
      expect(await run(user, tsc, '-p', 'tsconfig.json')).toBe('');
      await expect(run(user, tsc, '-p', 'wrong.json')).rejects.toThrow(
        /'token'[\s\S]*roleArn|roleArn[\s\S]*'token'/,
      );
    },
    BOUND_MS,
  );
});

describe('the cloud of the guide', () => {
  test(
    'gives credentials by its own function and by a configuration',
    async () => {
      const program = `
        import { getNimbusCredentials } from '@credex/nimbus';
        import { ConfigError, createCredentials } from 'credex';
        const tokenSource = () => ${JSON.stringify(await fixture.mint())};
        const place = { endpoint: ${JSON.stringify(url)}, allowLoopbackHttp: true };
        const { expiresAt, ...own } = await getNimbusCredentials({ workload: 'shop', tokenSource, ...place });
        const entry = { provider: 'nimbus', workload: 'shop' };
        const credentials = createCredentials({ default: 'orders', credentials: { orders: entry } }, { tokenSource, nimbus: place });
        const configured = await credentials.getCredentials();
        const request = await credentials.authorize('https://api.nimbus.example/orders');
        const codes = [];
        for (const refuse of [
          () => credentials.authorize('https://storage.googleapis.com/'),
          () => createCredentials({ credentials: { orders: { provider: 'nimbus', workload: 'A B' } } }),
          () => createCredentials({ credentials: { orders: { ...entry, local: 'profile' } } }),
          () => getNimbusCredentials({ workload: 'other', tokenSource, ...place }),
        ]) await Promise.resolve().then(refuse).catch(({ code, message }) => codes.push(code));
        console.log(JSON.stringify({ own, configured: configured.accessToken, header: request.headers.get('authorization'), codes }));`;
      const file = at('packages', 'credex', 'use-it.mjs');
      const link = at('packages', 'credex', 'node_modules', 'credex');
      symlinkSync(at('packages', 'credex'), link, 'junction');
      writeFileSync(file, program);
      expect(JSON.parse(await run(dirname(file), file))).toEqual({
        own: { accessToken: 'nimbus-access', workload: 'shop' },
        configured: 'nimbus-access',
        header: 'Bearer nimbus-access',
        codes: ['unsafe_url', 'invalid_option', 'invalid_option', 'access_denied'],
      });
    },
    BOUND_MS,
  );

  const credex = async (...argv: readonly string[]): Promise<Ended> => {
    const { emulator } = fixture;
    const ca = at('ca.pem');
    await emulator.writeCa(ca);
    const entry = (workload: string) => ({
      provider: 'nimbus',
      workload,
      endpoint: url,
      allowLoopbackHttp: true,
    });
    const config = { credentials: { orders: entry('shop'), refused: entry('other') } };
    writeFileSync(at('credex.config.mjs'), `export default ${JSON.stringify(config)};`);
    const env = {
      ...outside(emulator, { ca }),
      EMULATED_ADDRESS: new URL(url).host,
      VERCEL_OIDC_TOKEN: await fixture.mint(),
      NIMBUS_API_KEY: 'old',
    };
    const bin = at('packages', 'cli', 'dist', 'bin.js');
    return ended(start(process.execPath, [bin, ...argv], { cwd: root, env }));
  };
  const CONFIG = ['--config', 'credex.config.mjs'];

  test(
    'is diagnosed by `credex doctor`',
    async () => {
      const well = await credex('doctor', 'orders', ...CONFIG, '--json');
      expect(documentOf(well)).toMatchObject({ isWell: true, provider: 'nimbus' });
      expect(well.stdout).toContain('workload shop');
      const refused = await credex('doctor', 'refused', ...CONFIG, '--json');
      expect(documentOf(refused)).toMatchObject({
        fault: {
          step: 'exchange',
          code: 'access_denied',
          command: expect.stringMatching(/^nimbus trust create other --issuer https:/) as string,
        },
      });
    },
    BOUND_MS,
  );

  test(
    'is passed to a program by `credex exec`, without what conflicts',
    async () => {
      const show = 'console.log(process.env.NIMBUS_ACCESS_TOKEN, process.env.NIMBUS_API_KEY)';
      const done = await credex('exec', '--quiet', ...CONFIG, 'orders', '--', process.execPath, '-e', show);
      expect(done).toEqual({ code: 0, stdout: 'nimbus-access undefined\n', stderr: '' });
    },
    BOUND_MS,
  );

  test(
    'is set up by `credex setup`, and its tools by `credex print-config`',
    async () => {
      const names = ['--team', 'acme', '--project', 'shop', '--environment', 'production'];
      const { stdout } = await credex('setup', 'nimbus', ...names, '--workload', 'shop');
      expect(stdout).toContain('nimbus trust create shop \\\n  --issuer https://oidc.vercel.com/acme');
      const printed = await credex('print-config', 'orders', ...CONFIG);
      expect(printed.stdout).toMatch(/^alias nimbus='credex exec orders --config \S+ -- nimbus'\n$/);
    },
    BOUND_MS,
  );
});
