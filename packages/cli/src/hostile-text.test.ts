/** What others wrote reaches a terminal escaped and cut: arguments, variables, files, names and claims, in every command. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ended } from './memory-io.fixture.js';
import { NOW, jwt, runInMemory } from './memory-io.fixture.js';

/** The longest value that is quoted, as the README says. An explanation shows 400 characters of a policy. */
const LONGEST = 256;
const LONGEST_OF_POLICY = 400;
/** Newlines are the command's own: a hostile one would bring the mark to the start of a line. */
const RAW = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^\s*mark/mu;
const BAD = 'a\u001b[2J\u009b1m\u202e\u2066\u200b\u00ad\u2028\r\nmark\ud800';
const HOSTILE = [BAD, `${BAD}${'z'.repeat(5_000)}`];

vi.setConfig({ testTimeout: 30_000 });

const folder = mkdtempSync(join(tmpdir(), 'credex-hostile-'));
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
mkdirSync(join(folder, '.git'));
const tokenFile = write('token', jwt());

afterAll(() => rmSync(folder, { recursive: true }));
/** Nothing leaves the machine: each connection is refused as it begins. */
beforeEach(() => {
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function refuse(this: Socket) {
    const refused = Object.assign(new Error('There is no network here.'), { code: 'ECONNREFUSED' });
    return this.destroy(refused);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const ENV = { HOME: folder, XDG_CONFIG_HOME: folder };

/** Interrupted as soon as it would wait for signals: a command that serves ends. */
async function command(argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const ended = new AbortController();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value.replaceAll('\0', ''));
  const catchSignals = (): void => ended.abort(new Error('Interrupted.'));
  const io = { cwd: folder, env: { ...ENV, ...env }, signal: ended.signal, catchSignals };
  return runInMemory(argv, io);
}

function expectClean({ stdout, stderr }: Ended, what: string, longest = LONGEST): void {
  expect(stderr, what).not.toMatch(RAW);
  expect(stdout, what).not.toMatch(RAW);
  for (const [run] of `${stdout}${stderr}`.matchAll(/z{200,}/g))
    expect(run.length, what).toBeLessThanOrEqual(longest);
}

interface Shape {
  readonly path: readonly string[];
  readonly options: readonly string[];
  readonly operands: number;
}

/** Read from `--help`, so that a new command and a new option are tried as they are. */
async function shapes(path: readonly string[] = []): Promise<readonly Shape[]> {
  const { stdout } = await runInMemory([...path, '--help'], { terminal: 400 });
  const [usage = ''] = stdout.split('\n');
  const inner = /^Commands:\n((?: {2}.*\n)+)/m.exec(stdout)?.[1] ?? '';
  const names = [...inner.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name ?? '');
  const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+) </gm)].map(([, name]) => name ?? '');
  const operands = [...usage.matchAll(/<(?!command\.)\w+>|\[(?!options|command)\w+\]/g)].length;
  const below = await Promise.all(
    names.filter((name) => name !== 'help').map((name) => shapes([...path, name])),
  );
  return [{ path, options, operands }, ...below.flat()];
}

const ENTRY = { provider: 'aws', roleArn: 'arn:aws:iam::123456789012:role/app' };
const ENTRIES: Readonly<Record<string, object>> = {
  aws: ENTRY,
  gcp: {
    provider: 'gcp',
    projectNumber: '123456789012',
    workloadIdentityPoolId: 'vercel',
    workloadIdentityPoolProviderId: 'vercel',
  },
  azure: {
    provider: 'azure',
    tenantId: '00000000-0000-4000-8000-000000000001',
    clientId: '00000000-0000-4000-8000-000000000002',
  },
};

/** Commands that read a configuration, with the entry that they are for. */
const WITH_ENTRY: readonly (readonly [command: string, entry: string, more: readonly string[]])[] = [
  ['doctor', 'aws', []],
  ['exec', 'aws', ['--', 'true']],
  ['credential-process', 'aws', []],
  ['google-executable', 'gcp', []],
  ['azure-token-file', 'azure', ['--path', join(folder, 'out')]],
  ['print-config', 'aws', []],
];

describe('what others wrote', () => {
  it('is shown escaped and cut as any word of any command line', async () => {
    const all = await shapes();
    expect(all.length).toBeGreaterThan(15);
    for (const { path, options, operands } of all)
      for (const bad of HOSTILE)
        for (const json of bad === BAD ? [[], ['--json']] : [[]]) {
          const lines = [
            ...options.map((option) => [...path, option, bad, ...Array(operands).fill('x')]),
            [...path, bad, bad, bad],
            ...(operands === 0 ? [] : [[...path, ...Array(operands).fill(bad)]]),
            [...path, `--${bad}`],
            [...path, '--port', `aws-sts=${bad}`],
          ];
          for (const argv of lines)
            expectClean(await command([...json, ...argv]), argv.join(' ').slice(0, 80));
        }
  });

  it('is shown escaped and cut as an operand and an option of a command that has what it needs', async () => {
    const config = write('good.json', JSON.stringify({ credentials: ENTRIES }));
    for (const [name, entry, more] of WITH_ENTRY)
      for (const bad of HOSTILE)
        for (const argv of [
          [name, '--config', config, '--token-file', tokenFile, bad, ...more],
          [name, '--config', config, '--token-file', bad, entry, ...more],
          [name, '--config', bad, entry, ...more],
          [name, '--config', config, '--token-file', tokenFile, entry, '--', bad],
        ])
          expectClean(await command(argv), argv.join(' ').slice(0, 80));
  });

  it('is shown escaped and cut as a name, key or value of a configuration', async () => {
    for (const bad of HOSTILE) {
      const entry = (more: object): object => ({ credentials: { aws: { ...ENTRY, ...more } } });
      const configurations = [
        { credentials: { [bad]: ENTRY } },
        { credentials: { ...ENTRIES, [bad]: {} }, default: bad },
        { credentials: ENTRIES, [bad]: bad },
        entry({ [bad]: 1 }),
        entry({ when: { environment: bad } }),
        entry({ expect: { [bad]: bad } }),
        ...['provider', 'roleArn', 'region', 'policy', 'audience', 'password', 'endpoint', 'local'].map(
          (key) => entry({ [key]: bad }),
        ),
        { credentials: { aws: [{ ...ENTRY, when: { environment: bad } }] } },
      ].map((one) => JSON.stringify(one));
      const key = JSON.stringify(bad);
      for (const text of [...configurations, `{${key}:1,${key}:2}`, `{"credentials":${bad}}`, bad]) {
        const config = write('bad.json', text);
        for (const [name, wanted, more] of WITH_ENTRY)
          for (const json of [[], ['--json']]) {
            const argv = [name, ...json, '--config', config, '--token-file', tokenFile, wanted, ...more];
            expectClean(await command(argv), `${name} ${text.slice(0, 100)}`);
          }
        expectClean(await command(['emulator', '--seed', config]), `emulator ${text.slice(0, 100)}`);
      }
    }
  });

  it('is shown escaped and cut as an environment variable', async () => {
    const config = write('good.json', JSON.stringify({ credentials: ENTRIES }));
    const ends = ['PROVIDER', 'ROLE_ARN', 'REGION', 'ENDPOINT', 'LOCAL', 'NO_SUCH'];
    const asked = ['TOKEN_TYPE', 'AUDIENCE', 'IMPERSONATED_EMAIL', 'OUTPUT_FILE'];
    const variables = [
      'VERCEL_OIDC_TOKEN',
      'VERCEL_OIDC_TOKEN_FILE',
      'VERCEL_ENV',
      'VERCEL_TARGET_ENV',
      'CREDEX_CONFIG',
      'CREDEX_DEFAULT',
      'XDG_CONFIG_HOME',
      'HTTPS_PROXY',
      'AWS_REGION',
      'AWS_ROLE_ARN',
      'AZURE_AUTHORITY_HOST',
      'AZURE_FEDERATED_TOKEN_FILE',
      ...ends.map((end) => `CREDEX_AWS_${end}`),
      ...asked.map((end) => `GOOGLE_EXTERNAL_ACCOUNT_${end}`),
    ];
    for (const variable of variables)
      for (const bad of HOSTILE)
        for (const [name, entry, more] of [...WITH_ENTRY, ['whoami', '', []] as const]) {
          const file = variable === 'CREDEX_CONFIG' ? [] : ['--config', config];
          const argv = entry === '' ? [name] : [name, ...file, entry, ...more];
          expectClean(await command(argv, { [variable]: bad }), `${name} ${variable}`);
          vi.unstubAllEnvs();
        }
  });

  it('is shown escaped and cut as a claim, a member of a policy or the name of a file', async () => {
    const claims = ['iss', 'aud', 'sub', 'owner', 'owner_id', 'project', 'project_id', 'environment'];
    const config = write('good.json', JSON.stringify({ credentials: ENTRIES }));
    const policy = (bad: string): readonly string[] => [
      write('p.json', JSON.stringify({ Version: bad, Statement: [{ Sid: bad, Effect: bad, [bad]: bad }] })),
      write(
        'q.json',
        JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Federated: bad },
              Action: bad,
              Condition: { StringEquals: { [bad]: bad } },
            },
          ],
        }),
      ),
      write('r.json', JSON.stringify([{ name: bad, issuer: bad, subject: bad, audiences: [bad] }])),
      write(
        's.json',
        JSON.stringify({ name: bad, oidc: { issuerUri: bad }, attributeMapping: { [bad]: bad } }),
      ),
    ];
    // A token has at most 64 KiB.
    for (const bad of [BAD, `${BAD}${'z'.repeat(9_000)}`]) {
      for (const claim of [...claims, bad]) {
        const file = write('bad-token', jwt({ [claim]: bad, exp: NOW / 1_000 + 3_000 }, { alg: bad }));
        for (const argv of [
          ['whoami', '--token-file', file],
          ['whoami', '--token-file', file, '--verify', '--for', bad],
          ['doctor', '--config', config, '--token-file', file, 'aws'],
          ['exec', '--config', config, '--token-file', file, 'aws', '--', 'true'],
        ])
          expectClean(await command(argv), `${argv[0] ?? ''} ${claim.slice(0, 20)}`);
      }
      for (const file of policy(bad))
        for (const cloud of ['aws', 'gcp', 'azure'])
          expectClean(
            await command(['explain', cloud, '--policy', file, '--token-file', tokenFile]),
            `explain ${cloud} ${file}`,
            LONGEST_OF_POLICY,
          );
    }
  });

  it('is shown escaped as the folder that the command stands in', async () => {
    const bad = join(folder, 'a\u001b[2J\u202e\r\nmark');
    mkdirSync(bad);
    writeFileSync(join(bad, 'credex.config.ts'), 'throw 1');
    for (const [name, entry, more] of [...WITH_ENTRY, ['trust', 'no.ts', []] as const]) {
      const ended = await runInMemory([name, entry, ...more], { cwd: bad, env: ENV });
      expect(ended.exit, name).not.toBe(70);
      expect(ended.stderr, name).not.toContain('in a way it should not');
      expectClean(ended, name);
    }
  });
});
