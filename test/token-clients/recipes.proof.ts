/** The recipes of @credex/vercel's README: they compile against the clients' own types, and run against parties on loopback. */

import { execFile, execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/workspace.mjs';
import { installApart } from '../support/install-apart.mjs';
import { useFixture } from '../support/use-fixture.js';
import type { Bson, MongoServer } from '../support/mongo-server.js';
import { startMongo } from './mongo-oidc.js';
import type { Parties } from './parties.js';
import { startParties } from './parties.js';

const README = readFileSync(join(root, 'packages', 'vercel', 'README.md'), 'utf8');
const BLOCKS = [...README.matchAll(/^```typescript\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
/** Loading a driver takes seconds, and much longer on a busy machine. */
const BOUND_MS = 120_000;
const HOSTS = [
  'api.anthropic.com',
  'auth.openai.com',
  'api.openai.com',
  'dbc-shop.cloud.databricks.com',
  'acme-prod.snowflakecomputing.com',
];

/** The file of the example that imports this client. */
function fileOf(client: string): string {
  const at = BLOCKS.findIndex((text) => text.includes(`from '${client}'`));
  if (at < 0) throw new Error(`The README has no recipe with ${client}.`);
  return `recipe-${at}`;
}

const fixture = useFixture();
let folder: string;
let said = '';
let parties: Parties;
let mongo: MongoServer;

beforeAll(async () => {
  const installed = installApart(fileURLToPath(new URL('.', import.meta.url)), 'token-clients');
  folder = mkdtempSync(join(tmpdir(), 'credex-recipes-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@credex'), { recursive: true });
  for (const name of readdirSync(join(installed, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(installed, 'node_modules', name), join(modules, name));
  for (const name of ['core', 'vercel'])
    symlinkSync(join(root, 'packages', name), join(modules, '@credex', name));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [at, text] of BLOCKS.entries()) writeFileSync(join(folder, `recipe-${at}.ts`), text);
  writeFileSync(
    join(folder, 'run-recipe.mjs'),
    readFileSync(new URL('run-recipe.mjs', import.meta.url), 'utf8'),
  );
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023', 'dom'],
    types: ['node'],
    skipLibCheck: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const require = createRequire(join(root, 'package.json'));
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
  } catch (error) {
    said = (error as { readonly stdout: string }).stdout;
  }
  parties = await startParties(new URL('/.well-known/jwks', fixture.emulator.url('issuer')));
  const bson = (await import(
    pathToFileURL(createRequire(join(installed, 'package.json')).resolve('bson')).href
  )) as Bson;
  mongo = await startMongo(bson, (jwt) => parties.verify(jwt, 'https://mongodb.example.com'));
}, 600_000);
afterAll(() => {
  parties.close();
  mongo.close();
  rmSync(folder, { recursive: true });
});

test('each compiles', () => {
  expect(BLOCKS).toHaveLength(5);
  expect(said).toBe('');
});

/** What the recipe of a client returned, in a process that knows the parties by their real names. */
async function runRecipe(client: string, environment = 'production'): Promise<unknown> {
  parties.told.length = 0;
  const ca = join(folder, 'ca.pem');
  await fixture.emulator.writeCa(ca);
  writeFileSync(ca, [readFileSync(ca, 'utf8'), parties.ca].join('\n'));
  const places = [
    ...HOSTS.map((host) => [`^${host.replaceAll('.', '\\.')}$`, parties.port]),
    ['^oidc\\.vercel\\.com$', Number(new URL(fixture.emulator.tlsUrl('issuer')).port)],
  ];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--import',
      new URL('../examples/outside-names.mjs', import.meta.url).href,
      join(folder, 'run-recipe.mjs'),
      `./${fileOf(client)}.js`,
    ],
    {
      cwd: folder,
      timeout: BOUND_MS,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        NODE_EXTRA_CA_CERTS: ca,
        EMULATED_NAMES: JSON.stringify(places),
        EMULATED_ADDRESS: mongo.address,
        VERCEL: '1',
        VERCEL_ENV: 'production',
        VERCEL_OIDC_TOKEN: await fixture.mint({ environment }),
        ANTHROPIC_FEDERATION_RULE_ID: 'fdrl_shop',
        ANTHROPIC_ORGANIZATION_ID: 'org_acme',
        OPENAI_IDENTITY_PROVIDER_ID: 'idp_vercel',
        OPENAI_SERVICE_ACCOUNT_ID: 'sa_shop',
        MONGODB_URI: `mongodb://${mongo.address}/?directConnection=true`,
      },
    },
  );
  return JSON.parse(/^recipe: (.*)$/m.exec(stdout)?.[1] ?? '"nothing"') as unknown;
}

describe('run against parties that verify the token', () => {
  test.each([
    ['@anthropic-ai/sdk', 'api.anthropic.com /v1/oauth/token', 'api.anthropic.com /v1/messages'],
    ['openai', 'auth.openai.com /oauth/token', 'api.openai.com /v1/responses'],
  ])(
    '%s: one exchange for two questions',
    async (client, exchange, call) => {
      expect(await runRecipe(client)).toEqual(['pears', 'pears']);
      expect(parties.told).toEqual([
        [exchange, 200],
        [call, 200],
        [call, 200],
      ]);
    },
    BOUND_MS,
  );

  test(
    'mongodb: the token is in the one step of MONGODB-OIDC',
    async () => {
      mongo.commands.splice(0);
      expect(await runRecipe('mongodb')).toBe(1);
      expect(mongo.commands.slice(0, 2)).toEqual(['saslStart', 'ping']);
    },
    BOUND_MS,
  );

  test(
    'snowflake-sdk: the token of the moment of the login',
    async () => {
      expect(await runRecipe('snowflake-sdk')).toBe(true);
      expect(parties.told[0]).toEqual(['acme-prod.snowflakecomputing.com /session/v1/login-request', 200]);
    },
    BOUND_MS,
  );

  test(
    '@databricks/sql: the driver exchanges the token, and uses what it received',
    async () => {
      await runRecipe('@databricks/sql');
      expect(parties.told[0]).toEqual(['dbc-shop.cloud.databricks.com /oidc/v1/token', 200]);
      // Only a request with the exchanged token is answered so.
      expect(parties.told).toContainEqual(['dbc-shop.cloud.databricks.com /sql/1.0/warehouses/shop', 422]);
    },
    BOUND_MS,
  );

  test.each(['@anthropic-ai/sdk', 'openai', 'mongodb', 'snowflake-sdk'])(
    '%s: the token of a preview is refused',
    async (client) => {
      expect(await runRecipe(client, 'preview')).toHaveProperty('error');
      expect(parties.told.filter(([, status]) => status === 200)).toEqual([]);
    },
    BOUND_MS,
  );
});
