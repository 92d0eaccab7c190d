/** The command lines that our READMEs print, run as they are printed, in a folder where `npm install credex` was run. */

import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePacked, tarballOf } from '../../scripts/pack.mjs';
import { outside } from '../support/command-line.js';
import { AUDIENCE, AWS, AZURE, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import type { Ended } from './packages.js';
import { PACKAGES, ROOT, command, emptyFolder } from './packages.js';
import type { Registry } from './registry.js';
import { startRegistry } from './registry.js';

const BOUND_MS = 120_000;

interface Line {
  readonly readme: string;
  readonly line: string;
}

/** A line that ends in a backslash, or within quotes, goes on. */
function commandsIn(block: string): readonly string[] {
  const found: string[] = [];
  let open = '';
  for (const line of block.replaceAll('\\\n', '').split('\n')) {
    open += open === '' ? line.trim() : `\n${line}`;
    if ((open.match(/'/g) ?? []).length % 2 === 1) continue;
    if (open !== '') found.push(open);
    open = '';
  }
  return found;
}

/** The commands of the blocks that are fenced as `sh`. */
function linesOf(readme: string): readonly Line[] {
  const text = readFileSync(join(ROOT, readme), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    commandsIn(block).map((line) => ({ readme, line })),
  );
}

const lines = ['README.md', ...PACKAGES.map((packageName) => `packages/${packageName}/README.md`)].flatMap(
  linesOf,
);
const installs = lines.filter(({ line }) => line.startsWith('npm install '));
// Development servers are run by test/e2e/dev.test.ts and by the hosts suite, which follows docs/guides/next-js-s3.md.
// What completes in zsh is no text for bash.
const others = lines.filter(
  ({ line }) => !/^(?:npm |npx --yes pnpm|npx credex dev |eval "\$\(credex completion zsh)/.test(line),
);

/** Whatever else than 0 a line ends with, and why. */
const ENDS: Readonly<Record<string, number>> = {
  // No Vercel login is here.
  'npx credex whoami --local': 3,
  // It asks on a terminal, which is not here.
  'npx credex init': 2,
};
/** A line without its comment, and with single spaces. */
const bare = (line: string): string => line.replace(/ +# .*$/, '').replaceAll(/ +/g, ' ');

const POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${AWS.accountId}:oidc-provider/oidc.vercel.com/acme` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'oidc.vercel.com/acme:aud': AUDIENCE,
          'oidc.vercel.com/acme:sub': 'owner:acme:project:shop:environment:production',
        },
      },
    },
  ],
};

/** A store in the memory of the process, for the lines that name a module with a store. */
const STORE_MODULE = `
import { createStoreKey, encryptedStore } from '@credex/store';
const records = new Map();
const engine = {
  get: async (name) => records.has(name) ? { record: records.get(name) } : undefined,
  set: async (name, record) => void records.set(name, record),
  delete: async (name) => void records.delete(name),
};
export const store = encryptedStore(engine, { key: createStoreKey('production') });
`;

const fixture = useFixture();
const [folder, remove] = emptyFolder();
let registry: Registry;
let env: NodeJS.ProcessEnv;

const sh = (line: string, cwd = folder): Promise<Ended> => command('env', assignments(line), cwd);
const assignments = (line: string): readonly string[] => [
  '-i',
  ...Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
  'bash',
  '-c',
  line,
];

beforeAll(async () => {
  await ensurePacked();
  registry = await startRegistry();
  mkdirSync(join(folder, 'tools'));
  mkdirSync(join(folder, 'credex'));
  mkdirSync(join(folder, '.config', 'fish', 'completions'), { recursive: true });
  env = {
    // `credex completion` is for a command that is on PATH.
    PATH: [join(folder, 'tools'), join(folder, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
    HOME: folder,
    NO_COLOR: '1',
    npm_config_registry: registry.url,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_fetch_retries: '0',
    npm_config_cache: join(folder, 'cache'),
  };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'user', private: true, type: 'module' }),
  );
}, BOUND_MS);
afterAll(async () => {
  await registry.close();
  remove();
});

describe('npm install', () => {
  it('is printed for the command and for each cloud', () => {
    const names = installs.map(({ line }) => bare(line));
    expect(names).toContain('npm install --save-dev credex');
    for (const cloud of ['aws', 'gcp', 'azure']) expect(names.join('\n')).toContain(`@credex/${cloud}`);
  });

  it.each(installs)(
    '$readme: $line',
    async ({ line }) => {
      if (line.includes('$HOME'))
        for (const packageName of PACKAGES)
          copyFileSync(tarballOf(packageName), join(folder, 'credex', `${packageName}.tgz`));
      const { code, stderr } = await sh(line);
      // What an earlier line put among the dependencies, a later one puts among those of development.
      expect(stderr.replaceAll(/^npm warn idealTree Removing dependencies\..*\n/gm, '')).toBe('');
      expect(code).toBe(0);
    },
    BOUND_MS,
  );
});

/** Other people's tools, which answer what our commands read, and see what our commands give. */
function putTools(): void {
  const role = JSON.stringify({ Role: { Arn: AWS.roleArn, AssumeRolePolicyDocument: POLICY } });
  const { projectNumber, workloadIdentityPoolId } = GCP;
  const pool = `projects/${projectNumber}/locations/global/workloadIdentityPools/${workloadIdentityPoolId}`;
  const provider = JSON.stringify({
    name: `${pool}/providers/vercel`,
    attributeMapping: { 'google.subject': 'assertion.sub' },
    oidc: { issuerUri: 'https://oidc.vercel.com/acme', allowedAudiences: [AUDIENCE] },
    state: 'ACTIVE',
  });
  const tools = {
    aws: `if [ "$1" = iam ]; then echo '${role}'; else test -n "$AWS_SESSION_TOKEN"; fi`,
    terraform: 'test -n "$GOOGLE_OAUTH_ACCESS_TOKEN"',
    gcloud: `case "$*" in *providers*) echo '${provider}';; *) echo '{"bindings":[{"role":"roles/iam.workloadIdentityUser","members":["principal://iam.googleapis.com/${pool}/subject/owner:acme:project:shop:environment:production"]}]}';; esac`,
    az: `echo '[{"name":"production","issuer":"https://oidc.vercel.com/acme","subject":"owner:acme:project:shop:environment:production","audiences":["${AUDIENCE}"]}]'`,
  };
  for (const [name, text] of Object.entries(tools)) {
    const path = join(folder, 'tools', name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  }
}

describe('what is installed then', () => {
  beforeAll(async () => {
    putTools();
    const token = await fixture.mint();
    const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId, serviceAccountEmail } =
      GCP;
    const config = {
      credentials: {
        store: { provider: 'aws', roleArn: AWS.roleArn, region: AWS.region },
        orders: { provider: 'aws', roleArn: AWS.roleArn, region: AWS.region },
        reports: {
          provider: 'gcp',
          projectNumber,
          workloadIdentityPoolId,
          workloadIdentityPoolProviderId,
          serviceAccountEmail,
        },
        vault: { provider: 'azure', tenantId: AZURE.tenantId, clientId: AZURE.clientId },
      },
    };
    const files = {
      '.env.local': `VERCEL_OIDC_TOKEN="${token}"\n`,
      token,
      'credex.config.ts': `import { defineConfig } from 'credex';\nexport default defineConfig(${JSON.stringify(config)});\n`,
      'store.mjs': STORE_MODULE,
      'trust-policy.json': JSON.stringify(POLICY),
      'emulator-seed.json': readFileSync(join(ROOT, 'packages', 'cli', 'emulator-seed.example.json'), 'utf8'),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, '.aws'));
    const ca = join(folder, 'emulator-ca.pem');
    await fixture.emulator.writeCa(ca);
    const { PATH: _path, HOME: _home, ...seen } = outside(fixture.emulator, { ca });
    env = { ...env, ...seen };
    // As someone who has read the file: a code configuration that only the folder names needs consent.
    const trusted = await sh('npx credex trust credex.config.ts');
    if (trusted.code !== 0) throw new Error(trusted.stderr);
  }, BOUND_MS);

  const single = others.filter(({ line }) => !line.includes('credex emulator') && !line.includes('9000'));
  it.each(single)(
    '$readme: $line',
    async ({ line }) => {
      const { code, stdout, stderr } = await sh(line);
      expect(code, stdout + stderr).toBe(ENDS[bare(line)] ?? 0);
    },
    BOUND_MS,
  );

  it(
    'packages/cli/README.md: the emulator, and a token from it',
    async () => {
      const [server = '', reader = ''] = others.flatMap(({ line }) =>
        /credex emulator|9000/.test(line) ? [line] : [],
      );
      // The port that is printed may be another program's here.
      const port = String(20_000 + (process.pid % 10_000));
      const [serve, read] = [server, reader].map((line) => bare(line).replaceAll('9000', port));
      const script = `set -m; ${serve} >served.txt 2>&1 &
        server=$!; trap 'kill -- -$server' EXIT
        for try in $(seq 300); do grep -q 'a token' served.txt && break; sleep 0.1; done
        ${read}`;
      const { code, stdout, stderr } = await sh(script);
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).toContain('shop');
    },
    BOUND_MS,
  );
});
