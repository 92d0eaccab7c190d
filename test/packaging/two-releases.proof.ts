/**
 * Two releases in one installation, as npm makes it where a package of somebody else depends on another release than the
 * application: each uses its own packages. Releases of one cache contract share the process-wide cache; those of two
 * contracts don't. Errors are recognised across both.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePacked, tarballOf } from '../../scripts/pack.mjs';
import { runModule } from './installation.js';
import { command, emptyFolder, manifestOf } from './packages.js';
import type { Registry } from './registry.js';
import { startRegistry } from './registry.js';

const BOUND_MS = 120_000;
const PACKAGES = ['core', 'vercel', 'aws'] as const;
const PRESENT = manifestOf('core').version;
/** No release has them, so that npm takes neither for the other. */
const SAME_CONTRACT = '91.0.0';
const NEXT_CONTRACT = '92.0.0';
const CONTRACT = /credex\.cache\.v(\d+)/g;

const ran = async (file: string, args: readonly string[], folder: string): Promise<string> => {
  const { code, stdout, stderr } = await command(file, args, folder);
  if (code !== 0) throw new Error(`${file} failed: ${stderr}`);
  return stdout;
};

const rewrite = (file: string, change: (text: string) => string): void =>
  writeFileSync(file, change(readFileSync(file, 'utf8')));

/** The tarball of a package with the version of another release. */
async function releaseOf(packageName: string, version: string, folder: string): Promise<string> {
  const place = join(folder, `${packageName}-${version}`);
  mkdirSync(place);
  await ran('tar', ['-xzf', tarballOf(packageName), '-C', place], folder);
  rewrite(join(place, 'package', 'package.json'), (text) => {
    const manifest = JSON.parse(text) as { readonly dependencies?: Readonly<Record<string, string>> };
    const ours = Object.entries(manifest.dependencies ?? {}).map(([name, range]) => {
      expect(range, `${packageName} depends on ${name} at exactly its own version`).toBe(PRESENT);
      return [name, version];
    });
    return JSON.stringify({ ...manifest, version, dependencies: Object.fromEntries(ours) as object });
  });
  if (packageName === 'core' && version === NEXT_CONTRACT)
    for (const runtime of ['node', 'web'])
      rewrite(join(place, 'package', 'dist', runtime, 'internal.js'), (text) => {
        expect(text).toMatch(CONTRACT);
        return text.replaceAll(CONTRACT, (_all, number) => `credex.cache.v${Number(number) + 1}`);
      });
  const tarball = `${place}.tgz`;
  await ran('tar', ['-czf', tarball, '-C', place, 'package'], folder);
  return tarball;
}

/** A third-party package that depends on another release. */
async function packageOn(name: string, version: string, folder: string): Promise<string> {
  const place = join(folder, name, 'package');
  mkdirSync(place, { recursive: true });
  const dependencies = { '@credex/aws': version, '@credex/core': version };
  const manifest = { name, version: '1.0.0', type: 'module', exports: './index.js', dependencies };
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(place, 'index.js'),
    `export * from '@credex/aws';\nexport * as core from '@credex/core';\n`,
  );
  await ran('tar', ['-czf', `${place}.tgz`, '-C', join(folder, name), 'package'], folder);
  return `${place}.tgz`;
}

const PROGRAM = `
  import * as own from '@credex/aws';
  import * as core from '@credex/core';
  import * as same from 'same-contract';
  import * as next from 'next-contract';

  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  const claims = { iss: 'https://oidc.vercel.com/acme', aud: 'https://vercel.com/acme', sub: 'owner:acme:project:shop:environment:production', exp };
  const token = [part({ alg: 'RS256' }), part(claims), 'signature'].join('.');
  let posts = 0;
  const answer = () => '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>' +
    '<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/app/credex</Arn><AssumedRoleId>AROAEXAMPLE:credex</AssumedRoleId></AssumedRoleUser>' +
    '<Credentials><AccessKeyId>ASIAEXAMPLE0000000' + posts + '</AccessKeyId><SecretAccessKey>secret-of-a-test</SecretAccessKey><SessionToken>session-of-a-test</SessionToken><Expiration>' +
    new Date(exp * 1000).toISOString() + '</Expiration></Credentials></AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>';
  const options = {
    roleArn: 'arn:aws:iam::123456789012:role/app',
    region: 'eu-west-1',
    tokenSource: () => token,
    fetch: async () => { posts += 1; return new Response(answer(), { headers: { 'content-type': 'text/xml' } }); },
  };
  const obtain = async ({ getAwsCredentials }) => ({ key: (await getAwsCredentials(options)).accessKeyId, posts });
  const caught = async (work) => { try { await work(); } catch (error) { return error; } };

  const credentials = {};
  for (const [name, aws] of Object.entries({ own, same, next, ownAgain: own, nextAgain: next })) credentials[name] = await obtain(aws);

  const refuse = async () => new Response('<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>', { status: 403 });
  const errors = {};
  for (const [name, aws] of Object.entries({ own, same, next })) {
    const refusal = await caught(() => aws.awsCredentialsProvider({ ...options, fetch: refuse, cache: (aws.core ?? core).createCredentialCache() }).getCredentials());
    const misuse = await caught(async () => aws.awsCredentialsProvider({ ...options, rolArn: 1 }));
    errors[name] = {
      code: refusal.code,
      isOfOwnClass: refusal instanceof core.FederationError,
      isInstance: [core, same.core, next.core].map(({ FederationError }) => FederationError.isInstance(refusal)),
      misuse: misuse.code,
      isMisuse: [core, same.core, next.core].map(({ OptionError }) => OptionError.isInstance(misuse)),
    };
  }

  const refreshed = await own.awsCredentialsProvider(options).getCredentials({ forceRefresh: true });
  const after = { own: { key: refreshed.accessKeyId, posts }, same: await obtain(same), next: await obtain(next) };
  const caches = Object.getOwnPropertySymbols(globalThis).map((symbol) => symbol.description).filter((name) => name?.startsWith('credex.cache.'));
  const refused = await caught(() => own.awsCredentialsProvider({ ...options, cache: next.core.createCredentialCache() }).getCredentials());
  console.log(JSON.stringify({ credentials, errors, after, caches, refused: refused === undefined ? null : { name: refused.name, code: refused.code, message: refused.message } }));
`;

interface Obtained {
  readonly key: string;
  readonly posts: number;
}
interface Found {
  readonly credentials: Readonly<Record<'own' | 'same' | 'next' | 'ownAgain' | 'nextAgain', Obtained>>;
  readonly errors: Readonly<Record<'own' | 'same' | 'next', object>>;
  readonly after: Readonly<Record<'own' | 'same' | 'next', Obtained>>;
  readonly caches: readonly string[];
  readonly refused: { readonly name: string; readonly code: string; readonly message: string } | null;
}

describe('an application on one release, with packages on two others', () => {
  const [folder, drop] = emptyFolder();
  let registry: Registry | undefined;
  let found: Found;

  beforeAll(async () => {
    await ensurePacked();
    const releases = join(folder, 'releases');
    mkdirSync(releases);
    const tarballs = await Promise.all([
      ...[SAME_CONTRACT, NEXT_CONTRACT].flatMap((version) =>
        PACKAGES.map((packageName) => releaseOf(packageName, version, releases)),
      ),
      packageOn('same-contract', SAME_CONTRACT, releases),
      packageOn('next-contract', NEXT_CONTRACT, releases),
    ]);
    registry = await startRegistry(tarballs);
    const dependencies = {
      '@credex/aws': PRESENT,
      '@credex/core': PRESENT,
      'same-contract': '1.0.0',
      'next-contract': '1.0.0',
    };
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies }),
    );
    const flags = [
      `--registry=${registry.url}`,
      `--cache=${join(folder, '.npm')}`,
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    await ran('npm', ['install', ...flags], folder);
    const { code, stdout, stderr } = await runModule(folder, PROGRAM);
    if (code !== 0) throw new Error(stderr);
    found = JSON.parse(stdout) as Found;
  }, BOUND_MS);
  afterAll(async () => {
    await registry?.close();
    drop();
  });

  it('has each release whole, and none of another', () => {
    const versionIn = (...place: readonly string[]): unknown => {
      const file = join(folder, 'node_modules', ...place, 'package.json');
      return existsSync(file)
        ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
        : undefined;
    };
    for (const packageName of PACKAGES) {
      expect(versionIn('@credex', packageName)).toBe(PRESENT);
      expect(versionIn('same-contract', 'node_modules', '@credex', packageName)).toBe(SAME_CONTRACT);
      expect(versionIn('next-contract', 'node_modules', '@credex', packageName)).toBe(NEXT_CONTRACT);
    }
  });

  it('shares credentials within a cache contract, and obtains its own under another', () => {
    const { own, same, next, ownAgain, nextAgain } = found.credentials;
    expect([own.posts, same.posts, next.posts, ownAgain.posts, nextAgain.posts]).toEqual([1, 1, 2, 2, 2]);
    expect([same.key, ownAgain.key]).toEqual([own.key, own.key]);
    expect(next.key).not.toBe(own.key);
    expect(nextAgain.key).toBe(next.key);
    expect(new Set(found.caches).size).toBe(2);
  });

  it('refreshes for its own contract alone', () => {
    const { own, same, next } = found.after;
    expect([own.posts, same.posts, next.posts]).toEqual([3, 3, 3]);
    expect(same.key).toBe(own.key);
    expect(own.key).not.toBe(found.credentials.own.key);
    expect(next.key).toBe(found.credentials.next.key);
  });

  it('refuses a cache of another contract that is passed to it', () => {
    expect(found.refused).toMatchObject({ name: 'OptionError', code: 'invalid_option' });
    expect(found.refused?.message).toContain('cache');
  });

  it('recognises the errors of every release', () => {
    const isInstance = [true, true, true];
    for (const [name, error] of Object.entries(found.errors))
      expect(error).toEqual({
        code: 'access_denied',
        isOfOwnClass: name === 'own',
        isInstance,
        misuse: 'invalid_option',
        isMisuse: isInstance,
      });
  });
});
