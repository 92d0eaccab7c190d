/** What other tools read of credex, read by those tools' own libraries: Google's executable source, Azure's token file. */

import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkloadIdentityCredential } from '@azure/identity';
import { ExternalAccountClient } from 'google-auth-library';
import type { ExternalAccountClientOptions } from 'google-auth-library';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import {
  BIN,
  credex,
  documentOf,
  ended,
  folder,
  outside,
  removeFolders,
  start,
} from '../support/command-line.js';
import type { Run } from '../support/command-line.js';
import { STORES } from '../support/credex.js';
import { setEnvironment } from '../support/environment.js';
import { AZURE, GCP } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

interface Executable {
  readonly credential_source: { readonly executable: Record<string, string> };
}

const BOUND_MS = 120_000;
const fixture = useFixture();
removeFolders();
vi.setConfig({ testTimeout: BOUND_MS });

let cwd: string;
let config: string;
let token: string;
beforeAll(() => ensureBuilt(), BOUND_MS);
beforeEach(async () => {
  const preview = { ...STORES.gcp, expect: { environment: 'preview' } };
  cwd = folder({ 'credex.config.json': { credentials: { ...STORES, preview } } });
  config = join(cwd, 'credex.config.json');
  token = await fixture.mint();
});

const here = (env: Readonly<Record<string, string>> = {}): Run => ({
  cwd,
  env: { ...outside(fixture.emulator, { ca: undefined }), VERCEL_OIDC_TOKEN: token, ...env },
});

describe("Google's executable source", () => {
  /** The file that print-config prints, with the emulator's addresses in place of Google's. */
  async function credentialFile(name = 'gcp'): Promise<ExternalAccountClientOptions & { audience: string }> {
    const start = `"${process.execPath}" "${BIN}"`;
    const printed = await credex(['print-config', name, '--config', config, '--command', 'credex'], here());
    const file = JSON.parse(printed.stdout) as Record<string, string> & {
      credential_source: { executable: { command: string; output_file?: string } };
    };
    file['token_url'] = `${fixture.emulator.url('gcp-sts')}/v1/token`;
    file['service_account_impersonation_url'] = (file['service_account_impersonation_url'] as string).replace(
      'https://iamcredentials.googleapis.com',
      fixture.emulator.url('gcp-iam-credentials'),
    );
    const { executable } = file.credential_source;
    executable.command = executable.command.replace(/^credex/, start);
    return file as unknown as ExternalAccountClientOptions & { audience: string };
  }
  const clientOf = (file: ExternalAccountClientOptions) => {
    setEnvironment({ GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1', VERCEL_OIDC_TOKEN: token });
    const client = ExternalAccountClient.fromJSON({
      ...file,
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    } as ExternalAccountClientOptions);
    if (client === null) throw new TypeError('It is no external account.');
    return client;
  };

  test('google-auth-library gets an access token by it, which opens the bucket', async () => {
    const { token: accessToken } = await clientOf(await credentialFile()).getAccessToken();
    const headers = { authorization: `Bearer ${accessToken ?? ''}` };
    const url = `${fixture.emulator.url('gcp-storage')}/storage/v1/b/${GCP.bucket}/o`;
    expect((await fetch(url, { headers })).status).toBe(200);
  });

  test('the output file holds the answer, for its owner alone, and is read in place of a second run', async () => {
    const file = await credentialFile();
    const output = join(cwd, 'answer.json');
    const { executable } = (file as unknown as Executable).credential_source;
    executable['output_file'] = output;
    await clientOf(file).getAccessToken();
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(output, 'utf8'))).toMatchObject({ success: true, id_token: token });
    executable['command'] = '/no/such/program';
    await clientOf(file).getAccessToken();
  });

  test('what is wrong reaches the library with our code and words', async () => {
    const client = clientOf(await credentialFile('preview'));
    await expect(client.getAccessToken()).rejects.toThrow(/subject_mismatch.*|not of the identity/);
    token = 'not-a-token';
    await expect(clientOf(await credentialFile()).getAccessToken()).rejects.toThrow(/is not a token/);
  });

  const answerTo = async (env: Readonly<Record<string, string>>) => {
    const done = await credex(['google-executable', 'gcp', '--config', config], here(env));
    expect(done).toMatchObject({ code: 0, stderr: '' });
    return documentOf<Record<string, unknown>>(done);
  };

  test('the answer in full', async () => {
    expect(await answerTo({})).toEqual({
      version: 1,
      success: true,
      token_type: 'urn:ietf:params:oauth:token-type:jwt',
      id_token: token,
      expiration_time: (
        JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }
      ).exp,
    });
  });

  test.each([
    [
      'another provider',
      {
        GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE:
          '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b',
      },
    ],
    [
      'another service account',
      { GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL: 'root@acme-prod.iam.gserviceaccount.com' },
    ],
    [
      'another type of token',
      { GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: 'urn:ietf:params:oauth:token-type:saml2' },
    ],
    ['a file that is relative', { GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE: 'answer.json' }],
  ])('a credential file of %s gets no token', async (_name, env: Readonly<Record<string, string>>) => {
    const answer = await answerTo(env);
    expect(answer).toMatchObject({ version: 1, success: false, code: 'invalid_argument' });
    expect(JSON.stringify(answer)).not.toContain(token);
  });
});

describe("Azure's token file", () => {
  const credential = (tokenFilePath: string) =>
    new WorkloadIdentityCredential({
      tenantId: AZURE.tenantId,
      clientId: AZURE.clientId,
      tokenFilePath,
      authorityHost: fixture.emulator.tlsUrl('entra'),
      disableInstanceDiscovery: true,
      tlsOptions: { ca: fixture.emulator.ca },
    } as ConstructorParameters<typeof WorkloadIdentityCredential>[0]);
  const SCOPE = 'https://storage.azure.com/.default';

  test("@azure/identity's WorkloadIdentityCredential gets an access token by it", async () => {
    const path = join(cwd, 'token');
    const done = await credex(
      ['azure-token-file', 'azure', '--config', config, '--path', path, '--json'],
      here(),
    );
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(documentOf<object>(done)).toMatchObject({
      path,
      environment: { AZURE_FEDERATED_TOKEN_FILE: path, ARM_OIDC_TOKEN_FILE_PATH: path, ARM_USE_OIDC: 'true' },
    });
    expect(done.stdout).not.toContain(token.split('.')[2]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { token: accessToken } = await credential(path).getToken(SCOPE);
    expect(accessToken.split('.')).toHaveLength(3);
  });

  test('a file that stands there is replaced, its mode too, and a link is not followed', async () => {
    const target = join(cwd, 'precious');
    const path = join(cwd, 'token');
    writeFileSync(target, 'precious', { mode: 0o644 });
    symlinkSync(target, path);
    await credex(
      ['azure-token-file', 'azure', '--config', config],
      here({ AZURE_FEDERATED_TOKEN_FILE: path }),
    );
    expect(readFileSync(target, 'utf8')).toBe('precious');
    expect(lstatSync(path).isSymbolicLink()).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe(token);
  });

  test('--watch brings the next token to the file, and takes the file away in the end', async () => {
    const source = join(cwd, 'source');
    const path = join(cwd, 'token');
    const first = await fixture.mint({ lifetimeSeconds: 6 });
    const second = await fixture.mint({ lifetimeSeconds: 3600 });
    writeFileSync(source, first);
    const child = start(
      process.execPath,
      [
        BIN,
        'azure-token-file',
        'azure',
        '--config',
        config,
        '--path',
        path,
        '--token-file',
        source,
        '--watch',
      ],
      here(),
    );
    const end = ended(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    expect(readFileSync(path, 'utf8')).toBe(first);
    writeFileSync(source, second);
    for (let tries = 0; tries < 100 && readFileSync(path, 'utf8') !== second; tries += 1) await pause(100);
    expect(readFileSync(path, 'utf8')).toBe(second);
    expect((await credential(path).getToken(SCOPE)).token).toBeTruthy();
    child.kill('SIGTERM');
    expect((await end).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test('--watch takes the file away where its terminal is closed', async () => {
    const path = join(cwd, 'hung-up');
    const argv = [BIN, 'azure-token-file', 'azure', '--config', config, '--path', path, '--watch'];
    const child = start(process.execPath, argv, here());
    const end = ended(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    expect(existsSync(path)).toBe(true);
    child.kill('SIGHUP');
    expect((await end).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['nowhere to write', ['azure-token-file', 'azure', '--config', 'credex.config.json'], 'missing_argument'],
    [
      'a folder that is not there',
      ['azure-token-file', 'azure', '--config', 'credex.config.json', '--path', '/no/such/folder/token'],
      'unreadable_file',
    ],
    [
      'an entry of another cloud',
      ['azure-token-file', 'aws', '--config', 'credex.config.json', '--path', 'token'],
      'invalid_argument',
    ],
  ])('%s: exit code 2', async (_name, argv, code) => {
    const done = await credex(argv, here());
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(`(${code})`);
  });
});
