/**
 * An http proxy that answers CONNECT itself forges no response: of a cloud, of Vercel, of the runner, or of the issuer's
 * keys; with each release of `proxy-agent`, and through the clouds' own libraries.
 */

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Emulator } from '@credex/testing/emulator';
import { startEmulator } from '@credex/testing/emulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserFolder } from '../examples/user-folder.js';
import { userFolder } from '../examples/user-folder.js';
import { useFixture } from '../support/use-fixture.js';

/** Three children on a busy machine. */
const BOUND_MS = 120_000;

const fixture = useFixture();
/** Its certificate authority is not trusted. */
let untrusted: Emulator;
beforeAll(async () => {
  untrusted = await startEmulator();
}, BOUND_MS);
afterAll(() => untrusted.close());

interface Said {
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly leaked: boolean;
  readonly trueProxy: string;
  readonly asked: readonly string[];
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function attempts(release: string, sdks: boolean, more: NodeJS.ProcessEnv = {}): Promise<Said> {
  const folder: UserFolder = await userFolder({});
  try {
    for (const name of ['proxy.mjs', 'attempts.mjs'])
      copyFileSync(here(`dishonest-proxy/${name}`), join(folder.path, name));
    const modules = join(folder.path, 'node_modules');
    symlinkSync(realpathSync(here(`../node_modules/${release}`)), join(modules, 'proxy-agent'), 'junction');
    mkdirSync(join(folder.path, 'home'), { mode: 0o700 });
    const ca = join(folder.path, 'ca.pem');
    await fixture.emulator.writeCa(ca);
    const env = {
      PATH: process.env['PATH'],
      NODE_EXTRA_CA_CERTS: ca,
      NODE_NO_WARNINGS: '1',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ATTEMPTS: JSON.stringify({
        certificates: {
          untrusted: untrusted.serverCertificate,
          otherName: fixture.emulator.serverCertificate,
        },
        honest: { 'sts.eu-west-1.amazonaws.com': Number(new URL(fixture.emulator.tlsUrl('aws-sts')).port) },
        token: await fixture.mint(),
        sdks,
        folder: join(folder.path, 'home'),
      }),
      ...more,
    };
    const { stdout } = await promisify(execFile)(process.execPath, ['attempts.mjs'], {
      cwd: folder.path,
      env,
    });
    return JSON.parse(stdout) as Said;
  } finally {
    folder.remove();
  }
}

const DIRECT = ['sts', 'google', 'entra', 'audience', 'keys', 'runner', 'laptop'];
const SDKS = ['client-sts', 'google-auth-library', '@azure/identity'];

const RUNS = [
  ['proxy-agent 6', 'proxy-agent-6', false, {}],
  ['proxy-agent 7', 'proxy-agent-7', false, {}],
  ["proxy-agent 8, and the clouds' own libraries", 'proxy-agent', true, {}],
  [
    'proxy-agent 8, with NODE_TLS_REJECT_UNAUTHORIZED=0',
    'proxy-agent',
    false,
    { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
  ],
] as const;

let said: readonly Said[];
beforeAll(async () => {
  said = await Promise.all(
    RUNS.map(([, release, sdks, environment]) => attempts(release, sdks, environment)),
  );
}, BOUND_MS);

describe.each(RUNS.map(([title, , sdks], run) => ({ title, sdks, run })))('$title', ({ sdks, run }) => {
  test('a proxy that answers CONNECT itself is refused, whatever it answers and whoever is asked', () => {
    const behaviours = Object.entries(said[run]?.outcomes ?? {});
    expect(behaviours.length).toBeGreaterThanOrEqual(12);
    for (const [behaviour, outcomes] of behaviours) {
      expect(Object.keys(outcomes), behaviour).toEqual([...DIRECT, ...(sdks ? SDKS : [])]);
      for (const [kind, outcome] of Object.entries(outcomes))
        expect(`${behaviour}, ${kind}: ${outcome}`).toMatch(/: (?:network|timeout|keys_unavailable): /);
    }
  });

  test('nothing secret reaches it', () => {
    expect(said[run]?.leaked).toBe(false);
  });

  test('a true proxy still works', () => {
    expect(said[run]?.trueProxy).toBe('accepted');
    expect(said[run]?.asked).toEqual(['sts.eu-west-1.amazonaws.com:443']);
  });
});
