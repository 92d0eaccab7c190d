import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { install, link, runModule, unpack } from './installation.js';
import { PROVIDERS, closureOf, emptyFolder, manifestOf, specifiersOf } from './packages.js';

/** Writes the address of each module that is loaded; registered before anything of ours is. */
const LOADED_MODULES = `
  import { writeSync } from 'node:fs';
  export async function load(url, context, next) {
    writeSync(1, url + '\\n');
    return next(url, context);
  }
`;

const namesOf = (specifier: string): string =>
  `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(specifier)})).sort()))`;

function installedIn(folder: string): string[] {
  const modules = join(folder, 'node_modules');
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
    )
    .sort();
}

const JWT = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"sub":"owner:acme","exp":4102444800}').toString('base64url')}.c2ln`;

/** The call of each package, and the response of its cloud. */
const EXCHANGES: Readonly<
  Record<string, { get: string; options: object; answer: string; host: string; field: string }>
> = {
  aws: {
    get: 'getAwsCredentials',
    options: { roleArn: 'arn:aws:iam::123456789012:role/app', region: 'eu-west-1' },
    answer:
      '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>' +
      '<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/app/s</Arn></AssumedRoleUser>' +
      '<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>k</SecretAccessKey><SessionToken>made</SessionToken>' +
      '<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>' +
      '</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>',
    host: 'sts.eu-west-1.amazonaws.com',
    field: 'sessionToken',
  },
  gcp: {
    get: 'getGcpCredentials',
    options: {
      projectNumber: '742613904155',
      workloadIdentityPoolId: 'vercel',
      workloadIdentityPoolProviderId: 'vercel',
    },
    answer: '{"access_token":"made","token_type":"Bearer","expires_in":3599}',
    host: 'sts.googleapis.com',
    field: 'accessToken',
  },
  azure: {
    get: 'getAzureCredentials',
    options: { tenantId: 'contoso.com', clientId: 'f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22' },
    answer: '{"access_token":"made","token_type":"Bearer","expires_in":3599}',
    host: 'login.microsoftonline.com',
    field: 'token',
  },
};

/** A program that makes one exchange with its own fetch, and prints the result and the host of the request. */
function exchangeOf(packageName: string): string {
  const { get, options, answer, field } = EXCHANGES[packageName] as (typeof EXCHANGES)[string];
  return `import { ${get} } from '@credex/${packageName}';
    const hosts = [];
    const fetch = async (url) => (hosts.push(new URL(url).host), new Response(${JSON.stringify(answer)}));
    const tokenSource = () => '${JWT}';
    const made = await ${get}({ ...${JSON.stringify(options)}, tokenSource, fetch });
    console.log(JSON.stringify([made.${field}, ...hosts]));`;
}

/** The subpaths that load the official SDK. */
const SDK_SUBPATHS = ['@credex/aws/client-sts', '@credex/azure/identity', '@credex/gcp/google-auth-library'];

describe.each(PROVIDERS)('@credex/%s, installed in an empty folder', (packageName) => {
  const [folder, remove] = emptyFolder();
  const main = `@credex/${packageName}`;
  const subpaths = specifiersOf(packageName).filter((specifier) => SDK_SUBPATHS.includes(specifier));
  const ownSubpaths = specifiersOf(packageName).filter(
    (specifier) => specifier !== main && !SDK_SUBPATHS.includes(specifier),
  );
  const peers = Object.keys(manifestOf(packageName).peerDependencies ?? {});

  beforeAll(async () => {
    await install(folder, closureOf(packageName));
  });
  afterAll(remove);

  it('installs only the packages that it may import', () => {
    expect(installedIn(folder)).toEqual(['@credex/core', main, '@credex/vercel'].sort());
  });

  it('imports without an SDK, by import and by require, with the same named exports', async () => {
    const imported = await runModule(folder, namesOf(main));
    expect(imported.stderr).toBe('');
    const names = JSON.parse(imported.stdout) as string[];
    expect(names.length).toBeGreaterThan(0);
    expect(names).not.toContain('default');

    const require = `import { createRequire } from 'node:module';
      const require = createRequire(process.cwd() + '/x.js');
      console.log(JSON.stringify(Object.keys(require(${JSON.stringify(main)})).sort()))`;
    expect(JSON.parse((await runModule(folder, require)).stdout)).toEqual(names);
  });

  it('makes the exchange without an SDK', async () => {
    const { stdout, stderr } = await runModule(folder, exchangeOf(packageName));
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(['made', EXCHANGES[packageName]?.host]);
  });

  it('behind a proxy, names the package that goes through one', async () => {
    const text = `process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
      ${exchangeOf(packageName).replace(', fetch });', ' }).catch((error) => (console.log(error.code, error.message), {}));')}`;
    const { stdout, stderr } = await runModule(folder, text);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^missing_package .*npm install proxy-agent.*HTTPS_PROXY/);
  });

  it('needs no package for a host that NO_PROXY names', async () => {
    const text = `process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
      process.env.NO_PROXY = 'example.com,${EXCHANGES[packageName]?.host}';
      const { globalAgent } = await import('node:https');
      globalAgent.options.lookup = (host, options, done) => done(Object.assign(new Error(host), { code: 'ENOTFOUND' }));
      ${exchangeOf(packageName).replace(', fetch });', ' }).catch((error) => (console.log(error.code), {}));')}`;
    const { stdout } = await runModule(folder, text);
    expect(stdout).toMatch(/^network$/m);
  });

  it.each(subpaths)('%s names the package that is missing', async (specifier) => {
    const { code, stderr } = await runModule(folder, `await import(${JSON.stringify(specifier)})`);
    expect(code).not.toBe(0);
    expect(peers.some((peer) => stderr.includes(`Cannot find package '${peer}'`))).toBe(true);
  });

  describe('with its SDK at hand', () => {
    beforeAll(() => {
      link(folder, packageName, peers);
      writeFileSync(join(folder, 'hooks.mjs'), LOADED_MODULES);
      const hooks = pathToFileURL(join(folder, 'hooks.mjs')).href;
      writeFileSync(
        join(folder, 'register.mjs'),
        `import { register } from 'node:module'; register(${JSON.stringify(hooks)});`,
      );
    });

    const loadedBy = async (specifier: string): Promise<string[]> => {
      const text = `await import(${JSON.stringify(specifier)})`;
      const { stdout, stderr } = await runModule(folder, text, '--import', './register.mjs');
      expect(stderr).toBe('');
      return stdout.split('\n').filter((line) => line.startsWith('file:') || line.startsWith('node:'));
    };

    it('the main entry loads modules of ours alone', async () => {
      const loaded = await loadedBy(main);
      expect(loaded.some((url) => url.includes(`/node_modules/${main}/dist/index.js`))).toBe(true);
      const others = loaded.filter((url) => !url.includes('/node_modules/@credex/'));
      expect(others).toEqual([]);
    });

    it.each(ownSubpaths)('%s loads modules of ours alone, and has named exports', async (specifier) => {
      const { stdout } = await runModule(folder, namesOf(specifier));
      expect(JSON.parse(stdout)).not.toEqual([]);
      const loaded = await loadedBy(specifier);
      expect(loaded.filter((url) => !url.includes('/node_modules/@credex/'))).toEqual([]);
    });

    it.each(subpaths)('%s loads the SDK and has named exports', async (specifier) => {
      const { stdout, stderr } = await runModule(folder, namesOf(specifier));
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).not.toEqual([]);
      const loaded = await loadedBy(specifier);
      expect(peers.every((peer) => loaded.some((url) => url.includes(`/node_modules/${peer}/`)))).toBe(true);
    });
  });
});

describe('@credex/testing, unpacked with its dependencies', () => {
  const [folder, remove] = emptyFolder();

  beforeAll(async () => {
    for (const packageName of closureOf('testing')) {
      await unpack(folder, packageName);
      const { dependencies = {} } = manifestOf(packageName);
      link(
        folder,
        packageName,
        Object.keys(dependencies).filter((name) => !name.startsWith('@credex/')),
      );
    }
  });
  afterAll(remove);

  it.each(specifiersOf('testing'))('%s imports', async (specifier) => {
    const { stdout, stderr } = await runModule(folder, namesOf(specifier));
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).not.toEqual([]);
  });
});
