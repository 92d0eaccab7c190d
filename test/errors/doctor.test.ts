/** One thing is broken in each set-up, and `credex doctor` names that very thing, and what to type. */

import { describe, expect, test } from 'vitest';
import { documentOf, folder } from '../support/command-line.js';
import { STORES } from '../support/credex.js';
import { AZURE } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import type { Cloud, Diagnosis, SetUp, Wanted } from './doctor-case.js';
import { STEPS, useDoctor } from './doctor-case.js';

const fixture = useFixture();
const { diagnosed, expectFault } = useDoctor(fixture);
const HOUR = 3_600_000;

describe('a set-up that is in order', () => {
  test.each<[Cloud, RegExp]>([
    ['aws', /^arn:aws:sts::123456789012:assumed-role\/shop-production\//],
    ['gcp', /^shop@acme-prod\.iam\.gserviceaccount\.com$/],
    ['azure', new RegExp(`^application ${AZURE.clientId}, .* of tenant ${AZURE.tenantId}`)],
  ])('%s', async (cloud, as) => {
    const ended = await diagnosed({ cloud });
    const document = documentOf<Diagnosis>(ended);
    expect(document.fault).toBeUndefined();
    expect(document.steps.map(({ status }) => status)).toEqual(STEPS.map(() => 'passed'));
    expect(document.steps.at(-1)?.says).toMatch(as);
    expect(ended.code).toBe(0);
  });

  test('for people: a line a step, with its time', async () => {
    const { stdout } = await diagnosed({}, []);
    expect(stdout.match(/^✓ .* \(\d+ ms\)$/gm)).toHaveLength(STEPS.length);
    expect(stdout).toContain('well: store works from here');
  });
});

const moved = (ms: number) => (): (() => void) => {
  fixture.emulator.clock.advance(ms);
  return () => fixture.emulator.clock.advance(-ms);
};

const BROKEN: readonly (readonly [string, SetUp, Wanted])[] = [
  [
    'no configuration',
    { config: false },
    {
      step: 'configuration',
      code: 'no_configuration',
      exit: 2,
      command: /^npx credex init$/,
    },
  ],
  [
    'an option that is misspelled',
    { config: '{\n  "credentials": {\n    "store": { "provider": "aws", "rolArn": "x" }\n  }\n}' },
    {
      step: 'configuration',
      code: 'invalid_option',
      exit: 2,
      command: /\+3 credex\.config\.json$/,
      message: /Did you mean `roleArn`/,
    },
  ],
  [
    'a role that is no ARN',
    { entry: { roleArn: 'shop-production' } },
    { step: 'configuration', code: 'invalid_option', exit: 2, command: /\+1 credex\.config\.json$/ },
  ],
  [
    'a name that is not there',
    { config: { credentials: { other: STORES.aws } } },
    {
      step: 'configuration',
      code: 'invalid_option',
      exit: 2,
      command: /credex\.config/,
      message: /It has other/,
    },
  ],
  [
    'no entry for this environment',
    {
      config: { credentials: { store: [{ ...STORES.aws, when: { environment: 'preview' } }] } },
      env: { VERCEL_ENV: 'production' },
    },
    { step: 'configuration', code: 'missing_option', exit: 2, command: /credex\.config/ },
  ],
  [
    'a region of another partition',
    { entry: { region: 'cn-north-1' } },
    { step: 'configuration', code: 'conflicting_options', exit: 2, command: /credex\.config/ },
  ],
  [
    'no token',
    { token: false },
    { step: 'token', code: 'no_subject_token', exit: 3, command: /^vercel link && vercel env pull$/ },
  ],
  [
    'a token that is none',
    { token: 'not-a-token' },
    { step: 'token', code: 'invalid_subject_token', exit: 3, command: /^vercel env pull$/ },
  ],
  [
    'a token that has ended',
    { token: { issuedAt: Math.floor(Date.now() / 1000) - 7200, lifetimeSeconds: 3600 } },
    { step: 'claims', code: 'expired', exit: 3, command: /^vercel env pull$/ },
  ],
  [
    'a token that has not begun',
    { token: { notBefore: Math.floor(Date.now() / 1000) + 600 } },
    { step: 'claims', code: 'not_yet_valid', exit: 1, command: /timedatectl/ },
  ],
  [
    'a clock that is behind',
    { plant: moved(2 * HOUR) },
    {
      step: 'claims',
      code: 'clock_skew',
      exit: 1,
      command: /timedatectl/,
      message: /(?:2 h|1 h 59 min) behind/,
    },
  ],
  [
    'a clock that is ahead, within the life of the token',
    { plant: moved(-HOUR / 3) },
    {
      step: 'issuer',
      code: 'clock_skew',
      exit: 1,
      command: /timedatectl/,
      message: /(?:20|19) min.* ahead of/,
    },
  ],
  [
    'a Passport token',
    { token: { claims: { iss: 'https://passport.vercel.com/acme' } } },
    { step: 'claims', code: 'passport_token', exit: 1, command: /^vercel env pull$/ },
  ],
  [
    "another issuer's token",
    { token: { claims: { iss: 'https://oidc.example.com/acme' } } },
    { step: 'claims', code: 'foreign_issuer', exit: 1, command: /^vercel env pull$/ },
  ],
  [
    'a preview token for the entry of production',
    {
      config: { credentials: { store: [{ ...STORES.aws, when: { environment: 'production' } }] } },
      env: { VERCEL_ENV: 'production' },
      token: { environment: 'preview' },
    },
    { step: 'claims', code: 'subject_mismatch', exit: 1, command: /^npx credex whoami$/ },
  ],
  [
    "an issuer that can't answer",
    {
      plant: () => {
        fixture.emulator.issuer.setReachable(false);
        return () => fixture.emulator.issuer.setReachable(true);
      },
    },
    {
      step: 'issuer',
      code: 'issuer_unavailable',
      exit: 4,
      command: /^curl -sS https:\/\/oidc\.vercel\.com\/acme\//,
    },
  ],
  [
    'an issuer whose name is unknown here',
    { outside: { names: { '^sts\\.eu-west-1\\.amazonaws\\.com$': 'aws-sts' } } },
    { step: 'issuer', code: 'dns_failed', exit: 4, command: /^nslookup oidc\.vercel\.com$/ },
  ],
  [
    'a proxy that is not there',
    { env: { HTTPS_PROXY: 'http://proxy.example:3128' }, outside: {} },
    { step: 'issuer', code: 'dns_failed', exit: 4, command: /^nslookup proxy\.example$/ },
  ],
  [
    'a CA that this machine does not know',
    { outside: { ca: undefined } },
    { step: 'issuer', code: 'tls_untrusted', exit: 4, command: /^export NODE_EXTRA_CA_CERTS=/ },
  ],
  [
    'a token that was tampered with',
    { token: { tamper: true } },
    { step: 'signature', code: 'invalid_signature', exit: 1, command: /^vercel env pull$/ },
  ],
  [
    'a token of a key that is published no more',
    { token: { signWith: 'unpublished' } },
    { step: 'signature', code: 'unknown_key', exit: 1, command: /^vercel env pull$/ },
  ],
  [
    'a token service whose port is closed',
    { outside: { closed: ['^sts\\.eu-west-1\\.amazonaws\\.com$'] } },
    {
      step: 'cloud',
      code: 'connection_failed',
      exit: 4,
      command: /^curl -sSv .* https:\/\/sts\.eu-west-1\.amazonaws\.com\/$/,
    },
  ],
  [
    'an issuer that never answers',
    {
      args: ['--timeout', '3'],
      plant: () => fixture.emulator.faults.plant({ service: 'issuer', fault: { kind: 'hang' } }).remove,
    },
    {
      step: 'issuer',
      code: 'timeout',
      exit: 4,
      command: /^curl -sSv .* https:\/\/oidc\.vercel\.com\/$/,
    },
  ],
  [
    'a token service that never answers',
    {
      args: ['--timeout', '4'],
      plant: () => fixture.emulator.faults.plant({ service: 'aws-sts', fault: { kind: 'hang' } }).remove,
    },
    {
      step: 'cloud',
      code: 'timeout',
      exit: 4,
      command: /^curl -sSv .* https:\/\/sts\.eu-west-1\.amazonaws\.com\/$/,
      message: /longer than 4 s/,
    },
  ],
  [
    'impersonation that is closed, behind a token service that is open',
    { cloud: 'gcp', outside: { closed: ['^iamcredentials\\.'] } },
    { step: 'cloud', code: 'connection_failed', exit: 4, command: /iamcredentials\.googleapis\.com/ },
  ],
];

describe('a set-up with one thing broken before a cloud is asked', () => {
  test.each(BROKEN)('%s', (_name, setUp, wanted) => expectFault(setUp, wanted));

  test('for people: the fault, and what to type', async () => {
    const { stdout, code } = await diagnosed({ token: { tamper: true } }, []);
    expect(stdout).toMatch(/^✗ the token's signature is valid \(\d+ ms\)$/m);
    expect(stdout).toMatch(/^· the cloud exchanges the token for a credential$/m);
    expect(stdout).toMatch(/^fault: .* \(invalid_signature\)$/m);
    expect(stdout).toMatch(/^type: {2}vercel env pull$/m);
    expect(code).toBe(1);
  });

  test('a key that was dropped by a rotation', async () => {
    const jwt = await fixture.mint();
    fixture.emulator.issuer.rotate({ drop: true });
    await expectFault(
      { token: jwt },
      { step: 'signature', code: 'unknown_key', exit: 1, command: /^vercel env pull$/ },
    );
  });
});

test('a file of --hop-policy that is missing or malformed is wrong use, not a fault of the exchange', async () => {
  const role = (name: string): string => `arn:aws:iam::123456789012:role/doctor-${name}`;
  const trust = { Version: '2012-10-17', Statement: [] };
  const at = folder({ 'role.json': trust, 'malformed.json': '{' });
  const entry = { roleArn: role('absent'), assumeRole: [{ roleArn: role('last') }] };
  for (const [file, code] of [
    ['missing', 'unreadable_file'],
    ['malformed', 'policy_not_json'],
  ]) {
    const args = ['--policy', `${at}/role.json`, '--hop-policy', `${at}/${file}.json`];
    const ended = await diagnosed({ entry, args });
    expect(documentOf<object>(ended)).toMatchObject({ error: { code, option: '--hop-policy' } });
    expect(ended.code).toBe(2);
  }
});
