/** Options that would send a token to another host, or that make no sense: refused before anything is read or sent. */

import dns from 'node:dns';
import net from 'node:net';
import { inspect } from 'node:util';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import { azureCredentialsProvider, getAzureCredentials } from '@credex/azure';
import { OptionError } from '@credex/core';
import type { OptionErrorCode } from '@credex/core';
import { gcpCredentialsProvider, getGcpCredentials } from '@credex/gcp';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clearEnvironment, setEnvironment } from '../support/environment.js';
import { AWS, AZURE, GCP } from '../support/trust.js';
import { Secrets } from '../support/secrets.js';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { iss: 'https://oidc.vercel.com/acme', sub: 'owner:acme:project:shop', exp: 4_000_000_000 };

/** It has no valid signature, and must not be sent anywhere. */
export const JWT: string = `${part({ alg: 'RS256' })}.${part(claims)}.${part('not a signature')}`;

export interface ProviderUnderTest {
  readonly name: 'aws' | 'gcp' | 'azure';
  /** Options that are refused by nothing. */
  readonly good: object;
  factory(options: object): unknown;
  get(options: object): Promise<unknown>;
}

const { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId, serviceAccountEmail } = GCP;

export const PROVIDERS: Readonly<Record<ProviderUnderTest['name'], ProviderUnderTest>> = {
  aws: {
    name: 'aws',
    good: { roleArn: AWS.roleArn, region: AWS.region },
    factory: awsCredentialsProvider,
    get: getAwsCredentials,
  },
  gcp: {
    name: 'gcp',
    good: { projectNumber, workloadIdentityPoolId, workloadIdentityPoolProviderId, serviceAccountEmail },
    factory: gcpCredentialsProvider,
    get: getGcpCredentials,
  },
  azure: {
    name: 'azure',
    good: { tenantId: AZURE.tenantId, clientId: AZURE.clientId },
    factory: azureCredentialsProvider,
    get: getAzureCredentials,
  },
};

/** What is given, and what the error must name. */
export interface Hostile {
  /** Over the good ones; `undefined` takes one away. */
  readonly options?: object | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
  readonly option: string;
  readonly code: OptionErrorCode;
  readonly variable?: string | undefined;
}

const SPIED = {
  connect: () => vi.spyOn(net.Socket.prototype, 'connect'),
  lookup: () => vi.spyOn(dns, 'lookup'),
  fetch: () => vi.spyOn(globalThis, 'fetch'),
};

/** Counts what a socket, a resolver or fetch was asked for. To be called once in a test file. */
export function watchNetwork(): () => readonly string[] {
  let spies: readonly (readonly [string, { readonly mock: { readonly calls: readonly unknown[] } }])[] = [];
  beforeEach(() => {
    clearEnvironment();
    spies = Object.entries(SPIED).map(([name, spy]) => [name, spy()]);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  return () => spies.flatMap(([name, { mock }]) => mock.calls.map(() => name));
}

/** By the factory and by the function alike, and nothing is asked of token source or network. */
async function expectRefused(
  tested: ProviderUnderTest,
  hostile: Hostile,
  network: () => readonly string[],
): Promise<void> {
  const { variables = {}, option, code, variable } = hostile;
  setEnvironment(variables);
  const tokenSource = vi.fn<() => string>(() => JWT);
  const options = { ...tested.good, tokenSource, ...hostile.options };
  const thrown: unknown[] = [];
  try {
    tested.factory(options);
  } catch (error) {
    thrown.push(error);
  }
  await tested.get(options).catch((error: unknown) => thrown.push(error));
  expect(thrown).toHaveLength(2);
  for (const error of thrown) {
    expect(error).toBeInstanceOf(TypeError);
    if (!OptionError.isInstance(error)) throw error;
    expect([error.code, error.option, error.environmentVariable]).toEqual([code, option, variable]);
    expect(error.message).toContain(option);
    // A conflict of what was given in code is not the environment's.
    if (variable !== undefined && code !== 'conflicting_options') expect(error.message).toContain(variable);
    // What to do.
    expect(error.message).toMatch(
      /\b(?:must|pass|set|knows|needs|name|another|add|ask|can not be combined)\b/i,
    );
    const seen = inspect(error, { depth: Infinity, showHidden: true });
    expect(new Secrets().addJwt(JWT).foundIn(seen)).toBeUndefined();
  }
  expect(tokenSource).not.toHaveBeenCalled();
  expect(network()).toEqual([]);
}

export type Case = readonly [name: string, hostile: Hostile];

export function testOptions(
  tested: ProviderUnderTest,
  cases: readonly Case[],
  network: () => readonly string[],
): void {
  test.each(cases)(`${tested.name}: %s`, (_name, hostile) => expectRefused(tested, hostile, network));
}

/** One option, given as each of `values`. */
export function each(
  option: string,
  code: OptionErrorCode,
  values: readonly unknown[],
  variable?: string,
): Case[] {
  return values.map((value): Case => [
    `${option} ${inspect(value).slice(0, 60)}`,
    { options: { [option]: value }, option, code, variable },
  ]);
}

/** What no endpoint may be: each is written otherwise than it is read, leads away, or is in clear. */
export const NO_ENDPOINTS: readonly string[] = [
  'http://evil.example',
  'http://127.0.0.1:8080',
  'http://localhost:8080',
  'http://[::1]:8080',
  'https://sts.amazonaws.com@evil.example',
  'https://user:secret@sts.amazonaws.com',
  'https://evil.example?sts.amazonaws.com',
  'https://evil.example/?x=1',
  'https://evil.example#sts.amazonaws.com',
  'https://evil.example/path',
  'https://evil.example\\.amazonaws.com',
  'https://evil.example\t',
  'https://ev\nil.example',
  ' https://evil.example',
  'https://еvil.example',
  'https://evil。example',
  'https:/evil.example',
  'https:evil.example',
  'https:///evil.example',
  '//evil.example',
  'evil.example',
  'ftp://evil.example',
  'javascript:alert(1)',
  'file:///etc/passwd',
  JWT,
];

/** Also not where http on loopback is allowed. */
export const NO_LOOPBACK: readonly string[] = [
  'http://127.0.0.1.evil.example',
  'http://localhost.evil.example',
  'http://0.0.0.0:8080',
  'http://2130706433',
  'http://0x7f.1',
  'http://127.1',
  'http://127.0.0.1@evil.example',
  'http://[::ffff:127.0.0.1]:8080',
  'http://evil.example',
];
