/**
 * The commands that README, guides and website print, run as they are printed, in a folder where the packages are installed as
 * they are packed. printed-blocks.proof.ts has those that cannot be run here.
 */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePacked, tarballOf } from '../../scripts/pack.mjs';
import { outside } from '../support/command-line.js';
import { AUDIENCE, AWS, AZURE, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import type { Ended } from './packages.js';
import { PACKAGES, ROOT, command, emptyFolder } from './packages.js';
import { bare, installs, ofEmulator, single } from './printed-commands.js';
import type { Registry } from './registry.js';
import { startRegistry } from './registry.js';

const BOUND_MS = 120_000;

/** Whatever else than 0 a line ends with, and why. */
const ENDS: Readonly<Record<string, number>> = {
  // No Vercel login is here.
  'npx credex whoami --local': 3,
  // They ask on a terminal, which is not here.
  'npx credex init': 2,
  'npx credex setup aws --team acme --project shop --environment production --account-id 123456789012 --apply': 2,
  // The policies of this test trust production alone.
  'npx credex explain aws --policy role.json --environment preview': 1,
  'npx credex explain gcp --policy provider.json --service-account-policy access.json --environment preview': 1,
  'npx credex explain azure --policy credentials.json --environment preview': 1,
  // The entry is one role, not a chain: test/errors/doctor-clouds.proof.ts runs it for a chain.
  'npx credex doctor s3 --policy role.json --hop-policy role-1.json': 2,
};
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

const sh = (line: string, more: NodeJS.ProcessEnv = {}): Promise<Ended> => {
  const variables = Object.entries({ ...env, ...more });
  const set = variables.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return command('env', ['-i', ...set, 'bash', '-c', line], folder);
};

/**
 * Other people's packages that are printed, in the versions of the tests' lockfiles. Here they only have to exist, except the one
 * that a package of ours loads. The name of a package that no lockfile has is a mistake.
 */
function lockedPackages(): ReadonlyMap<string, string> {
  const printed = new Set(installs.flatMap(({ line }) => bare(line).split(' ')));
  const found = new Map<string, string>();
  for (const name of readdirSync(join(ROOT, 'test'))) {
    const lockfile = join(ROOT, 'test', name, 'pnpm-lock.yaml');
    if (!existsSync(lockfile)) continue;
    for (const [, packageName = '', version = ''] of readFileSync(lockfile, 'utf8').matchAll(
      /^ {2}'?((?:@[\w.-]+\/)?[\w.-]+)@(\d[\w.-]*)'?:$/gm,
    ))
      if (printed.has(packageName) && packageName !== 'google-auth-library') found.set(packageName, version);
  }
  return found;
}

beforeAll(async () => {
  await ensurePacked();
  registry = await startRegistry([], lockedPackages());
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
    '$line',
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

/** Other people's tools: they check their arguments, answer what our commands read, and see what our commands give. */
function putTools(): NodeJS.ProcessEnv {
  const { projectNumber, workloadIdentityPoolId } = GCP;
  const pool = `projects/${projectNumber}/locations/global/workloadIdentityPools/${workloadIdentityPoolId}`;
  const subject = 'owner:acme:project:shop:environment:production';
  const policy = {
    bindings: [
      {
        role: 'roles/iam.workloadIdentityUser',
        members: [`principal://iam.googleapis.com/${pool}/subject/${subject}`],
      },
    ],
  };
  const answers = {
    'aws iam get-role': { Role: { Arn: AWS.roleArn, AssumeRolePolicyDocument: POLICY } },
    'gcloud iam workload-identity-pools providers describe': {
      name: `${pool}/providers/vercel`,
      attributeMapping: { 'google.subject': 'assertion.sub' },
      oidc: { issuerUri: 'https://oidc.vercel.com/acme', allowedAudiences: [AUDIENCE] },
      state: 'ACTIVE',
    },
    'gcloud iam service-accounts get-iam-policy': policy,
    'gcloud projects get-ancestors-iam-policy': policy,
    'az ad app federated-credential list': [
      { name: 'production', issuer: 'https://oidc.vercel.com/acme', subject, audiences: [AUDIENCE] },
    ],
  };
  const file = join(folder, 'answers.json');
  writeFileSync(file, JSON.stringify(answers));
  const program = fileURLToPath(new URL('known-tool.mjs', import.meta.url));
  const put = (path: string, tool: string): void => {
    writeFileSync(path, `#!/bin/sh\nexec "${process.execPath}" "${program}" ${tool} "$@"\n`);
    chmodSync(path, 0o755);
  };
  for (const tool of ['aws', 'terraform', 'gcloud', 'az', 'vercel']) put(join(folder, 'tools', tool), tool);
  return { KNOWN_TOOL_ANSWERS: file };
}

describe('what is installed then', () => {
  beforeAll(async () => {
    const ofTools = putTools();
    const token = await fixture.mint();
    const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId, serviceAccountEmail } =
      GCP;
    const config = {
      // For `credex doctor` without a name.
      default: 's3',
      credentials: {
        s3: { provider: 'aws', roleArn: AWS.roleArn, region: AWS.region },
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
      'shared-store.mjs': STORE_MODULE,
      'role.json': JSON.stringify(POLICY),
      'role-1.json': JSON.stringify(POLICY),
      'trust-policy.json': JSON.stringify(POLICY),
      'emulator-seed.json': readFileSync(join(ROOT, 'packages', 'cli', 'emulator-seed.example.json'), 'utf8'),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, '.aws'));
    const ca = join(folder, 'emulator-ca.pem');
    await fixture.emulator.writeCa(ca);
    const { PATH: _path, HOME: _home, ...seen } = outside(fixture.emulator, { ca });
    env = { ...env, ...seen, ...ofTools };
    // As someone who has read the file: a code configuration that only the folder names needs consent.
    const trusted = await sh('npx credex trust credex.config.ts');
    if (trusted.code !== 0) throw new Error(trusted.stderr);
  }, BOUND_MS);

  it.each(single)(
    '$line',
    async ({ line }) => {
      // The command of the README names the application by a variable.
      const more = line.startsWith('az ') ? { AZURE_CLIENT_ID: AZURE.clientId } : {};
      const { code, stdout, stderr } = await sh(line, more);
      expect(code, stdout + stderr).toBe(ENDS[bare(line)] ?? 0);
    },
    BOUND_MS,
  );

  it(
    'packages/cli/README.md: the emulator, and a token from it',
    async () => {
      const [server = '', reader = ''] = ofEmulator.map(({ line }) => line);
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
