/** What our READMEs show compiles against what is published, and the examples do what they say. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from '@credex/testing/emulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AWS, GCP, TEAM } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import type { Block } from './readme-blocks.js';
import { allBlocks, blocksOf } from './readme-blocks.js';
import type { UserFolder } from './user-folder.js';
import { compile, run, userFolder } from './user-folder.js';

/** The compiler and the SDKs take seconds on a small machine. */
const BOUND_MS = 120_000;

const blocks = allBlocks();

/** A route file of Next.js may export its handlers only. This program also uses the client that they use. */
const withClient = (text: string): string => {
  const [, name] = /^const (s3|storage|blobs) = new /m.exec(text) ?? [];
  return name === undefined ? text : `${text}export { ${name} };\n`;
};
/** `connection()` of Next.js, which throws outside of a request of Next.js: a real application calls it in the hosts' tests. */
function writeConnection({ path }: UserFolder): void {
  const next = join(path, 'node_modules', 'next');
  mkdirSync(next);
  writeFileSync(join(next, 'server.js'), 'export const connection = async () => undefined;');
  writeFileSync(join(next, 'server.d.ts'), 'export declare function connection(): Promise<void>;');
  writeFileSync(
    join(next, 'package.json'),
    JSON.stringify({ name: 'next', type: 'module', exports: { './server': './server.js' } }),
  );
}

const fixture = useFixture();

let folder: UserFolder;
let said: string;
beforeAll(async () => {
  const program = (name: string) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8');
  folder = await userFolder({
    ...Object.fromEntries(blocks.map(({ file, text }) => [file, withClient(text)])),
    // A block that says which file it is, others import.
    ...Object.fromEntries(
      blocks.flatMap(({ text }) =>
        [...text.matchAll(/^\/\/ (credex\.config\.ts)\n/g)].map(([, name = '']) => [name, text]),
      ),
    ),
    // Their imports are found from where they are.
    'deployed.mjs': program('deployed.mjs'),
    'calls-own-api.mjs': program('calls-own-api.mjs'),
  });
  writeConnection(folder);
  said = await compile(folder);
}, BOUND_MS);
afterAll(() => folder.remove());

test.each(blocks)('$readme, line $line, compiles', ({ file }) => {
  expect(said.split('\n').filter((line) => line.startsWith(`${file}(`))).toEqual([]);
});

test('every README that a user starts from has been read, and the compiler had nothing else to say', () => {
  const shown = new Set(blocks.map(({ readme }) => readme));
  for (const readme of [
    'README.md',
    ...['aws', 'azure', 'credex', 'gcp'].map((room) => `packages/${room}/README.md`),
  ])
    expect(shown).toContain(readme);
  expect(said).toBe('');
});

/** Whose TLS listener answers for which of the names outside. */
const NAMES: Readonly<Record<string, ServiceName>> = {
  '^oidc\\.vercel\\.com$': 'issuer',
  '^sts\\.eu-west-1\\.amazonaws\\.com$': 'aws-sts',
  '^shop-orders\\.s3\\.eu-west-1\\.amazonaws\\.com$': 'aws-s3',
  '^sts\\.googleapis\\.com$': 'gcp-sts',
  '^iamcredentials\\.googleapis\\.com$': 'gcp-iam-credentials',
  '^storage\\.googleapis\\.com$': 'gcp-storage',
  '^login\\.microsoftonline\\.com$': 'entra',
  '^shoporders\\.blob\\.core\\.windows\\.net$': 'azure-blob',
};

/** Runs a program of ours with blocks as they stand: real names, real TLS, the deployment's environment and nothing else. */
async function deployed(program: string, shown: readonly Block[], token?: string): Promise<unknown> {
  const { emulator } = fixture;
  const ca = join(folder.path, 'ca.pem');
  await emulator.writeCa(ca);
  const places = Object.entries(NAMES).map(([name, service]) => [
    name,
    Number(new URL(emulator.tlsUrl(service)).port),
  ]);
  const printed = await run(
    process.execPath,
    [
      '--import',
      new URL('outside-names.mjs', import.meta.url).href,
      program,
      ...shown.map(({ file }) => file.replace(/ts$/, 'js')),
    ],
    folder.path,
    {
      PATH: process.env['PATH'],
      NODE_EXTRA_CA_CERTS: ca,
      EMULATED_NAMES: JSON.stringify(places),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      VERCEL: '1',
      VERCEL_ENV: 'production',
      VERCEL_TARGET_ENV: 'production',
      VERCEL_PROJECT_ID: TEAM.projectId,
      // As the README says; the blocks of other clouds do not read it.
      AWS_ROLE_ARN: AWS.roleArn,
      BUCKET: 'shop-orders',
    },
    token ?? (await fixture.mint()),
  );
  try {
    return JSON.parse(printed);
  } catch {
    throw new Error(`It did not answer; it printed: ${printed}`);
  }
}

/** How often each service was asked. */
function asked(): Record<string, number> {
  const count: Record<string, number> = {};
  for (const { service } of fixture.emulator.log.entries()) count[service] = (count[service] ?? 0) + 1;
  return count;
}

const ANSWERS = [
  {
    cloud: 'AWS',
    // The bucket is empty yet.
    body: [],
    client: 's3',
    requests: { 'aws-sts': 1, 'aws-s3': 3 },
  },
  {
    cloud: 'Google Cloud',
    body: [],
    client: 'storage',
    requests: { 'gcp-sts': 1, 'gcp-iam-credentials': 1, 'gcp-storage': 3 },
  },
  {
    cloud: 'Azure',
    body: [],
    client: 'blobs',
    // A download asks for the size first.
    requests: { entra: 1, 'azure-blob': 4 },
  },
];

describe('the examples of the main README', () => {
  const own = blocksOf('README.md').filter(({ text }) => text.includes('function GET()'));

  test('are one for each cloud', () => {
    expect(own).toHaveLength(ANSWERS.length);
  });

  test.each(ANSWERS)(
    '$cloud: as it stands, in a process that knows the outside by its names',
    async ({ body, client, requests }) => {
      const block = own.find(({ text }) => text.includes(`const ${client} =`)) as Block;
      expect(await deployed('deployed.mjs', [block])).toEqual({ body, client, read: 'an order of 3 pears' });
      expect(asked()).toMatchObject(requests);
    },
    BOUND_MS,
  );
});

describe('the API of one’s own in the main README', () => {
  const [api, caller] = ['withVercelToken(', 'createAuthenticatedFetch('].map((word) =>
    blocksOf('README.md').find(({ text }) => text.includes(word)),
  ) as [Block, Block];

  test.each([
    ['production', { status: 200, body: { hello: 'shop' } }],
    ['preview', { status: 403, body: { error: 'insufficient_scope' } }],
  ])(
    '%s',
    async (environment, answer) => {
      const token = await fixture.mint({ environment });
      expect(await deployed('calls-own-api.mjs', [api, caller], token)).toEqual(answer);
      // The audience's token, and the keys.
      expect(asked()).toEqual({ issuer: 2 });
    },
    BOUND_MS,
  );
});

describe('getVercelOidcToken of @vercel/functions, as its users type it', () => {
  const own = blocksOf('packages/vercel/README.md');
  const blockWith = (word: string) => own.find(({ text }) => text.includes(word)) as Block;

  test.each([
    ['production', { hello: 'shop' }],
    ['preview', { error: 'insufficient_scope' }],
  ])(
    'calls an API that @credex/verify guards, from %s',
    async (environment, body) => {
      const token = await fixture.mint({ environment });
      const [api, caller] = [blockWith('withVercelToken('), blockWith("fetch('https://api.example.com'")];
      expect(await deployed('calls-own-api.mjs', [api, caller], token)).toEqual({ status: 200, body });
      // The keys.
      expect(asked()).toEqual({ issuer: 1 });
    },
    BOUND_MS,
  );

  test(
    'is the token source of each cloud',
    async () => {
      const [api, caller] = [
        blockWith('withVercelToken('),
        blockWith('const tokenSource = getVercelOidcToken'),
      ];
      expect(await deployed('calls-own-api.mjs', [api, caller])).toEqual({
        status: 200,
        body: {
          accountId: AWS.accountId,
          principal: GCP.serviceAccountEmail,
          until: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      });
      expect(asked()).toEqual({ 'aws-sts': 1, 'gcp-sts': 1, 'gcp-iam-credentials': 1, entra: 1 });
    },
    BOUND_MS,
  );
});

test(
  "the emulator's own example prints what its comments say",
  async () => {
    const [block] = blocksOf('packages/testing/README.md').filter(({ text }) => text.includes('console.log'));
    const { file, text } = block as Block;
    const printed = await run(process.execPath, [file.replace(/ts$/, 'js')], folder.path, process.env);
    const comments = [...text.matchAll(/console\.log\(.*\); \/\/ ([\d ]+)/g)].map(([, words = '']) =>
      words.trim(),
    );
    expect(printed.trim().split('\n')).toEqual(comments);
  },
  BOUND_MS,
);
