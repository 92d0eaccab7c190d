/** One thing is broken in each set-up, and `credex doctor` names that very thing, and what to type. */

import { join } from 'node:path';
import type { FederatedCredential, MintOptions, PolicyStatement } from '@credex/testing/emulator';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import type { Outside } from '../support/command-line.js';
import { credex, documentOf, folder, outside, removeFolders } from '../support/command-line.js';
import { STORES } from '../support/credex.js';
import {
  AUDIENCE,
  AWS,
  AZURE,
  GCP,
  ISSUER,
  PRODUCTION_SUBJECT,
  principalOf,
  trustPolicy,
} from '../support/trust.js';
import { useWorld } from '../support/use-world.js';

const BOUND_MS = 120_000;
const world = useWorld();
removeFolders();
vi.setConfig({ testTimeout: BOUND_MS });

const HOST = ISSUER.slice('https://'.length);
const HOUR = 3_600_000;
type Cloud = keyof typeof STORES;

interface Diagnosis {
  readonly isWell: boolean;
  readonly steps: readonly { readonly id: string; readonly status: string; readonly says?: string }[];
  readonly fault?: {
    readonly step: string;
    readonly code: string;
    readonly message: string;
    readonly command: string;
  };
}

interface SetUp {
  /** Default: aws. */
  readonly cloud?: Cloud;
  /** Options of the entry in place of the good ones. */
  readonly entry?: object;
  /** In place of the whole file; false: there is none. */
  readonly config?: object | string | false;
  /** What is wrong about the token; false: there is none. */
  readonly token?: Partial<MintOptions> | string | false;
  readonly outside?: Partial<Outside>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Breaks the emulated world; what is returned mends it. */
  readonly plant?: () => (() => void) | void;
}

interface Wanted {
  readonly step: string;
  readonly code: string;
  readonly exit: number;
  /** What is to be typed. */
  readonly command: RegExp;
  readonly message?: RegExp;
}

let ca: string;
beforeAll(async () => {
  await ensureBuilt();
  ca = join(folder(), 'ca.pem');
  await world.emulator.writeCa(ca);
}, BOUND_MS);

const steps = [
  'configuration',
  'token',
  'claims',
  'issuer',
  'signature',
  'cloud',
  'exchange',
  'use',
] as const;

async function diagnosed(setUp: SetUp, flags: readonly string[] = ['--json']) {
  const { cloud = 'aws', entry = {}, config, token = {}, plant } = setUp;
  const usual = { default: 'store', credentials: { store: { ...STORES[cloud], ...entry } } };
  const mend = plant?.();
  try {
    const jwt = typeof token === 'object' ? await world.mint(token) : token;
    const cwd = folder(config === false ? {} : { 'credex.config.json': config ?? usual });
    const env = {
      ...outside(world.emulator, { ca, ...setUp.outside }),
      ...(jwt === false ? {} : { VERCEL_OIDC_TOKEN: jwt }),
      ...setUp.env,
    };
    const ended = await credex(['doctor', 'store', ...flags, ...(setUp.args ?? [])], { cwd, env });
    const said = ended.stdout + ended.stderr;
    // The signature is what makes a token of it.
    if (jwt !== false && jwt.split('.').length === 3) expect(said).not.toContain(jwt.split('.')[2]);
    expect(said).not.toMatch(/ASIA[A-Z0-9]{16}|ya29\.|eyJ[\w-]+\.eyJ/);
    return ended;
  } finally {
    mend?.();
  }
}

async function expectFault(setUp: SetUp, wanted: Wanted): Promise<void> {
  const ended = await diagnosed(setUp);
  const document = documentOf<Diagnosis>(ended);
  expect(document.fault).toMatchObject({ step: wanted.step, code: wanted.code });
  expect(document.fault?.command).toMatch(wanted.command);
  expect(document.fault?.command).not.toContain('\n');
  if (wanted.message !== undefined) expect(document.fault?.message).toMatch(wanted.message);
  expect(document.isWell).toBe(false);
  expect(ended.code).toBe(wanted.exit);
  // All before it went well, and nothing after it was tried.
  const at = steps.indexOf(wanted.step as (typeof steps)[number]);
  expect(document.steps.map(({ id, status }) => [id, status])).toEqual(
    steps.map((id, index) => [id, index < at ? 'passed' : index === at ? 'failed' : 'not-reached']),
  );
}

describe('a set-up that is in order', () => {
  test.each<[Cloud, RegExp]>([
    ['aws', /^arn:aws:sts::123456789012:assumed-role\/shop-production\//],
    ['gcp', /^shop@acme-prod\.iam\.gserviceaccount\.com$/],
    ['azure', new RegExp(`^application ${AZURE.clientId}, .* of tenant ${AZURE.tenantId}`)],
  ])('%s', async (cloud, as) => {
    const ended = await diagnosed({ cloud });
    const document = documentOf<Diagnosis>(ended);
    expect(document.fault).toBeUndefined();
    expect(document.steps.map(({ status }) => status)).toEqual(steps.map(() => 'passed'));
    expect(document.steps.at(-1)?.says).toMatch(as);
    expect(ended.code).toBe(0);
  });

  test('for people: a line a step, with its time', async () => {
    const { stdout } = await diagnosed({}, []);
    expect(stdout.match(/^✓ .* \(\d+ ms\)$/gm)).toHaveLength(steps.length);
    expect(stdout).toContain('well: store works from here');
  });
});

const role = (name: string): string => `arn:aws:iam::${AWS.accountId}:role/${name}`;
const roleThat = (name: string, subject: string, operator = 'StringEquals'): SetUp => {
  const arn = role(name);
  return {
    entry: { roleArn: arn },
    plant: () => {
      const policy = trustPolicy(HOST, AUDIENCE, [subject], AWS.accountId);
      const [statement] = policy.Statement as readonly [PolicyStatement];
      const Condition = {
        [operator]: { [`${HOST}:sub`]: subject },
        ...(operator === 'StringEquals' ? {} : { StringEquals: { [`${HOST}:aud`]: AUDIENCE } }),
      };
      world.emulator.aws.createRole({
        arn,
        trustPolicy: { ...policy, Statement: [{ ...statement, Condition }] },
        policies: [],
      });
      return () => world.emulator.aws.deleteRole(arn);
    },
  };
};

let made = 0;
/** A provider of the pool with one thing wrong about it. */
const providerThat = (wrong: object): SetUp => {
  made += 1;
  const providerId = `broken-${made}`;
  const { projectNumber, workloadIdentityPoolId: poolId } = GCP;
  return {
    cloud: 'gcp',
    entry: { workloadIdentityPoolProviderId: providerId },
    plant: () => {
      world.emulator.gcp.createProvider({
        projectNumber,
        poolId,
        providerId,
        issuerUri: ISSUER,
        allowedAudiences: [AUDIENCE],
        attributeMapping: { 'google.subject': 'assertion.sub' },
        ...wrong,
      });
    },
  };
};

/** An application whose one credential has one thing wrong about it. */
const applicationThat = (clientId: string, wrong: Partial<FederatedCredential> | undefined): SetUp => ({
  cloud: 'azure',
  entry: { clientId },
  plant: () => {
    const good = { name: 'vercel', issuer: ISSUER, subject: PRODUCTION_SUBJECT, audience: AUDIENCE };
    world.emulator.azure.createApplication({
      tenantId: AZURE.tenantId,
      clientId,
      federatedCredentials: wrong === undefined ? [] : [{ ...good, ...wrong }],
    });
  },
});
const guid = (digit: number): string => `${String(digit).repeat(8)}-2222-4333-8444-555555555555`;

const moved = (ms: number) => (): (() => void) => {
  world.emulator.clock.advance(ms);
  return () => world.emulator.clock.advance(-ms);
};

const BROKEN: readonly (readonly [string, SetUp, Wanted])[] = [
  [
    'no configuration',
    { config: false },
    { step: 'configuration', code: 'missing_option', exit: 2, command: /^echo '.*' > credex\.config\.json$/ },
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
      message: /There are other/,
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
    { step: 'claims', code: 'clock_skew', exit: 1, command: /timedatectl/, message: /(?:2 h|1 h 59 min) behind/ },
  ],
  [
    'a clock that is ahead, within the life of the token',
    { plant: moved(-HOUR / 3) },
    { step: 'issuer', code: 'clock_skew', exit: 1, command: /timedatectl/, message: /(?:20|19) min.* ahead of/ },
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
        world.emulator.issuer.setReachable(false);
        return () => world.emulator.issuer.setReachable(true);
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
    'impersonation that is closed, behind a token service that is open',
    { cloud: 'gcp', outside: { closed: ['^iamcredentials\\.'] } },
    { step: 'cloud', code: 'connection_failed', exit: 4, command: /iamcredentials\.googleapis\.com/ },
  ],
  [
    'a role that is misspelled',
    { entry: { roleArn: role('shop-prodcution') } },
    {
      step: 'exchange',
      code: 'access_denied',
      exit: 1,
      command: /^aws iam get-role --role-name shop-prodcution > .* credex explain aws/,
    },
  ],
  [
    'a trust policy that differs in case',
    roleThat('case', PRODUCTION_SUBJECT.replace('shop', 'Shop')),
    { step: 'exchange', code: 'access_denied', exit: 1, command: /--role-name case .* credex explain aws/ },
  ],
  [
    'an account that does not know the issuer',
    { entry: { roleArn: 'arn:aws:iam::999999999999:role/shop' } },
    {
      step: 'exchange',
      code: 'issuer_mismatch',
      exit: 1,
      command: /^aws iam create-open-id-connect-provider --url https:\/\/oidc\.vercel\.com\/acme /,
    },
  ],
  [
    'the global issuer where the team is trusted',
    { token: { issuerMode: 'global' } },
    { step: 'exchange', code: 'issuer_mismatch', exit: 1, command: /--url https:\/\/oidc\.vercel\.com --/ },
  ],
  [
    'an audience that the identity provider lacks',
    { token: { audience: 'https://example.com/another' } },
    {
      step: 'exchange',
      code: 'audience_mismatch',
      exit: 1,
      command:
        /^aws iam add-client-id-to-open-id-connect-provider .*oidc-provider\/oidc\.vercel\.com\/acme --client-id https:\/\/example\.com\/another$/,
    },
  ],
  [
    'a duration beyond the maximum of the role',
    { entry: { durationSeconds: 7200 } },
    { step: 'exchange', code: 'invalid_request', exit: 1, command: /MaxSessionDuration$/ },
  ],
  [
    'a pool that is misspelled',
    { cloud: 'gcp', entry: { workloadIdentityPoolId: 'vercle' } },
    {
      step: 'exchange',
      code: 'target_not_found',
      exit: 1,
      command: /^gcloud iam workload-identity-pools providers list --workload-identity-pool=vercle /,
    },
  ],
  [
    'an attribute condition that is false',
    providerThat({ attributeCondition: "assertion.environment == 'preview'" }),
    {
      step: 'exchange',
      code: 'subject_not_allowed',
      exit: 1,
      command: /^gcloud iam workload-identity-pools providers describe .* credex explain gcp/,
    },
  ],
  [
    'an audience that the pool lacks',
    providerThat({ allowedAudiences: ['https://vercel.com/other'] }),
    {
      step: 'exchange',
      code: 'audience_mismatch',
      exit: 1,
      command: /update-oidc .* --allowed-audiences=https:\/\/vercel\.com\/acme$/,
    },
  ],
  [
    'a service account without the binding',
    {
      cloud: 'gcp',
      plant: () => {
        world.emulator.gcp.setServiceAccountBindings(GCP.serviceAccountEmail, []);
        const members = [principalOf(PRODUCTION_SUBJECT)];
        return () =>
          world.emulator.gcp.setServiceAccountBindings(GCP.serviceAccountEmail, [
            { role: 'roles/iam.workloadIdentityUser', members },
          ]);
      },
    },
    {
      step: 'exchange',
      code: 'access_denied',
      exit: 1,
      command:
        /^gcloud iam service-accounts add-iam-policy-binding .*workloadIdentityUser --member=principal:\/\//,
    },
  ],
  [
    'an application without a federated credential',
    applicationThat(guid(1), undefined),
    {
      step: 'exchange',
      code: 'token_rejected',
      exit: 1,
      command: /^az ad app federated-credential create --id 1{8}-/,
    },
  ],
  [
    'an application that trusts preview alone',
    applicationThat(guid(3), { subject: PRODUCTION_SUBJECT.replace('production', 'preview') }),
    {
      step: 'exchange',
      code: 'subject_not_allowed',
      exit: 1,
      command: /^az ad app federated-credential create --id 3{8}-.*environment:production/,
    },
  ],
  [
    'a federated credential in other capitals',
    applicationThat(guid(2), { subject: PRODUCTION_SUBJECT.replace('shop', 'Shop') }),
    {
      step: 'exchange',
      code: 'subject_case_mismatch',
      exit: 1,
      command: /^az ad app federated-credential list .* credex explain azure/,
    },
  ],
  [
    'another tenant',
    { cloud: 'azure', entry: { tenantId: guid(9) } },
    { step: 'exchange', code: 'target_not_found', exit: 1, command: /^az ad app show --id / },
  ],
  [
    'a session that AWS takes no more',
    {
      plant: () => {
        // Two requests: the exchange is well, and what follows it is refused.
        const { remove } = world.emulator.faults.plant({
          service: 'aws-sts',
          match: ({ body }) => Buffer.from(body).toString().includes('GetCallerIdentity'),
          fault: { kind: 'status', status: 403 },
        });
        return () => remove();
      },
    },
    { step: 'use', code: 'use_refused', exit: 1, command: /^aws iam get-role / },
  ],
];

describe('a set-up with one thing broken', () => {
  test.each(BROKEN)('%s', (_name, setUp, wanted) => expectFault(setUp, wanted));

  test('a star that StringEquals takes for itself, named by --policy', async () => {
    const broken = roleThat('star', 'owner:acme:project:*:environment:production');
    await expectFault(broken, {
      step: 'exchange',
      code: 'access_denied',
      exit: 1,
      command: /--role-name star .* credex explain aws/,
    });
    const policy = join(
      folder({
        'role.json': trustPolicy(
          HOST,
          AUDIENCE,
          ['owner:acme:project:*:environment:production'],
          AWS.accountId,
        ),
      }),
      'role.json',
    );
    await expectFault(
      { ...broken, args: ['--policy', policy] },
      { step: 'exchange', code: 'wildcard_in_string_equals', exit: 1, command: /credex explain aws/ },
    );
  });

  test('for people: the fault, and what to type', async () => {
    const { stdout, code } = await diagnosed({ token: { tamper: true } }, []);
    expect(stdout).toMatch(/^✗ its issuer signed it \(\d+ ms\)$/m);
    expect(stdout).toMatch(/^· the cloud takes it for a credential$/m);
    expect(stdout).toMatch(/^fault: .* \(invalid_signature\)$/m);
    expect(stdout).toMatch(/^type: {2}vercel env pull$/m);
    expect(code).toBe(1);
  });

  test('a key that was dropped by a rotation', async () => {
    const jwt = await world.mint();
    world.emulator.issuer.rotate({ drop: true });
    await expectFault(
      { token: jwt },
      { step: 'signature', code: 'unknown_key', exit: 1, command: /^vercel env pull$/ },
    );
  });
});
