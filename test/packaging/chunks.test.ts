/** What waits for its `import()`: in the bundles that users make, and where a deployment has lost it. */

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { link, runModule, unpack } from './installation.js';
import type { Ended } from './packages.js';
import {
  PROVIDERS,
  PACKAGES,
  closureOf,
  command,
  emptyFolder,
  manifestOf,
  specifiersOf,
} from './packages.js';

/** Asks each cloud with a token for another audience, and is refused; then with no token at all. */
const PROGRAM = `
  import { getAwsCredentials } from '@credex/aws';
  import { getAzureCredentials } from '@credex/azure';
  import { getGcpCredentials } from '@credex/gcp';
  import { vercelTokenSource } from '@credex/vercel';

  const part = (value) => btoa(JSON.stringify(value)).replaceAll('=', '');
  const jwt = (aud) => [part({ alg: 'RS256' }), part({ sub: 'owner:acme', exp: 4102444800, aud }), 'c2ln'].join('.');
  const REFUSALS = {
    'sts.eu-west-1.amazonaws.com':
      '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
    'sts.googleapis.com': '{"error":"invalid_grant","error_description":"no"}',
    'login.microsoftonline.com': '{"error":"invalid_client","error_description":"AADSTS700213: no"}',
  };
  const asked = [];
  const fetch = async (url, { body }) => {
    const { host } = new URL(url);
    asked.push(host);
    return host === 'oidc.vercel.com'
      ? new Response(JSON.stringify({ token: jwt(JSON.parse(body).aud) }))
      : new Response(REFUSALS[host], { status: 400 });
  };
  const codes = async () => {
    const tokenSource = vercelTokenSource({ fetch });
    const more = { audience: 'https://credex.test', tokenSource, fetch };
    const calls = [
      getAwsCredentials({ roleArn: 'arn:aws:iam::123456789012:role/app', region: 'eu-west-1', ...more }),
      getAzureCredentials({ tenantId: 'contoso.com', clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22', ...more }),
      getGcpCredentials({
        projectNumber: '742613904155',
        workloadIdentityPoolId: 'vercel',
        workloadIdentityPoolProviderId: 'vercel',
        ...more,
      }),
    ];
    return (await Promise.allSettled(calls)).map(({ reason }) => [reason.code, reason.cause?.code ?? typeof reason.cause]);
  };
  const main = async () => {
    process.env.CI = 'true';
    process.env.VERCEL_OIDC_TOKEN = jwt('https://vercel.com/acme');
    const refused = await codes();
    delete process.env.VERCEL_OIDC_TOKEN;
    console.log(JSON.stringify({ asked: [...new Set(asked)].sort(), refused, without: await codes() }));
  };
  void main();
`;

/** The clouds alone, each of which refuses. */
const REFUSED_ALONE = `
  import { getAwsCredentials } from '@credex/aws';
  import { getAzureCredentials } from '@credex/azure';
  import { getGcpCredentials } from '@credex/gcp';

  const part = (value) => btoa(JSON.stringify(value)).replaceAll('=', '');
  process.env.CI = 'true';
  process.env.VERCEL_OIDC_TOKEN = [part({ alg: 'RS256' }), part({ sub: 'owner:acme', exp: 4102444800 }), 'c2ln'].join('.');
  const fetch = async () => new Response('{"error":"invalid_client"}', { status: 400 });
  const ended = await Promise.allSettled([
    getAwsCredentials({ roleArn: 'arn:aws:iam::123456789012:role/app', region: 'eu-west-1', fetch }),
    getAzureCredentials({ tenantId: 'contoso.com', clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22', fetch }),
    getGcpCredentials({
      projectNumber: '742613904155',
      workloadIdentityPoolId: 'vercel',
      workloadIdentityPoolProviderId: 'vercel',
      fetch,
    }),
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  console.log(JSON.stringify(ended.map(({ reason }) => [reason.code, reason.cause.code])));
`;

async function unpackAll(folder: string): Promise<void> {
  for (const packageName of ['core', 'vercel', ...PROVIDERS]) await unpack(folder, packageName);
}

const STRICT = ['--unhandled-rejections=strict'];

function printed({ stdout, stderr }: Ended): unknown {
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const WHOLE = {
  asked: [
    'login.microsoftonline.com',
    'oidc.vercel.com',
    'sts.eu-west-1.amazonaws.com',
    'sts.googleapis.com',
  ],
  refused: [
    ['access_denied', 'object'],
    ['subject_not_allowed', 'object'],
    ['token_rejected', 'object'],
  ],
  without: PROVIDERS.map(() => ['no_subject_token', 'undefined']),
};

describe.each(['node', 'edge-light', 'workerd'])('bundled for %s', (runtime) => {
  const [folder, remove] = emptyFolder();
  beforeAll(() => unpackAll(folder));
  afterAll(remove);

  it.each([
    ['esm', true],
    ['esm', false],
    ['iife', false],
    ['cjs', false],
  ] as const)('as %s, in several files: %s', async (format, splitting) => {
    const outdir = join(folder, `${format}-${splitting}`);
    await build({
      stdin: { contents: PROGRAM, resolveDir: folder, loader: 'js' },
      bundle: true,
      minify: true,
      splitting,
      outdir,
      format,
      outExtension: { '.js': format === 'esm' ? '.mjs' : '.cjs' },
      platform: runtime === 'node' ? 'node' : 'neutral',
      mainFields: ['module', 'main'],
      conditions: [runtime, 'import'],
      logLevel: 'error',
    });
    expect(readdirSync(outdir).length > 1).toBe(splitting);
    const entry = join(outdir, `stdin.${format === 'esm' ? 'mjs' : 'cjs'}`);
    expect(printed(await command(process.execPath, [...STRICT, entry], folder))).toEqual(WHOLE);
  });
});

describe.each(PACKAGES)('the first entry of %s', (packageName) => {
  const [folder, remove] = emptyFolder();
  afterAll(remove);
  const ours = new Set(PACKAGES.map((one) => manifestOf(one).name));

  it('is bundled where no optional package is installed', async () => {
    for (const one of closureOf(packageName)) {
      await unpack(folder, one);
      const others = Object.keys(manifestOf(one).dependencies ?? {}).filter(
        (name) => !ours.has(name) && !existsSync(join(folder, 'node_modules', name)),
      );
      link(folder, one, others);
    }
    const { errors } = await build({
      stdin: {
        contents: `export * from '${specifiersOf(packageName)[0]}'`,
        resolveDir: folder,
        loader: 'js',
      },
      bundle: true,
      write: false,
      outdir: folder,
      format: 'esm',
      platform: 'node',
      logLevel: 'silent',
    });
    expect(errors).toEqual([]);
  });
});

describe('where its file was left behind', () => {
  const [folder, remove] = emptyFolder();
  beforeAll(() => unpackAll(folder));
  afterAll(remove);

  const lose = (packageName: string, file: string): void =>
    rmSync(join(folder, 'node_modules', '@credex', packageName, 'dist', 'lazy', file));

  it('the failure has a code and its cause', async () => {
    expect(printed(await runModule(folder, PROGRAM, ...STRICT))).toEqual(WHOLE);
    for (const packageName of PROVIDERS) lose(packageName, `classify-${packageName}-error.js`);
    const refused = PROVIDERS.map(() => ['unknown', 'object']);
    expect(printed(await runModule(folder, PROGRAM, ...STRICT))).toEqual({ ...WHOLE, refused });
    lose('vercel', 'audience-exchange.js');
    const failed = PROVIDERS.map(() => ['no_subject_token', 'ERR_MODULE_NOT_FOUND']);
    expect(printed(await runModule(folder, PROGRAM, ...STRICT))).toEqual({
      ...WHOLE,
      asked: [],
      refused: failed,
    });
  });

  it('of core, each failure says so, and none ends the process', async () => {
    await unpackAll(folder);
    for (const file of ['failure.js', 'on-demand.js'])
      rmSync(join(folder, 'node_modules', '@credex', 'core', 'dist', 'node', file));
    const unknown = ['unknown', 'ERR_MODULE_NOT_FOUND'];
    expect(printed(await runModule(folder, REFUSED_ALONE, ...STRICT))).toEqual([unknown, unknown, unknown]);
  });
});
