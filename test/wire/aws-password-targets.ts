/** Random logins of databases and brokers, signed by us and by the official signers, and a strict server that judges them. */

import { Sha256 } from '@aws-crypto/sha256-js';
import { DsqlSigner } from '@aws-sdk/dsql-signer';
import { Signer } from '@aws-sdk/rds-signer';
import { dsqlPassword } from '@credex/aws/dsql';
import { elastiCachePassword, memoryDbPassword } from '@credex/aws/elasticache';
import { mskToken } from '@credex/aws/msk';
import { rdsPassword } from '@credex/aws/rds';
import type { PasswordFunction } from '@credex/core';
import type { DatabaseLogin, DatabaseTokenVerdict } from '@credex/testing/emulator';
import { SignatureV4 } from '@smithy/signature-v4';
import { generateAuthTokenFromCredentialsProvider } from 'aws-msk-iam-sasl-signer-js';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { verifyDatabaseToken } from '../../packages/testing/src/emulator/aws/database-tokens.js';
import { seededRandom } from '../model/simulation.js';
import { clearEnvironment } from '../support/environment.js';

export const NOW: number = Date.parse('2026-11-22T10:00:00.250Z');

/** For each test of the file: no variables, and a clock that stands still, since the official signers read the time themselves. */
export function atNow(): void {
  beforeEach(() => {
    clearEnvironment();
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.useRealTimers();
  });
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration?: Date;
}

/** One random login, and the keys that sign for it. */
export interface Case {
  readonly keys: Keys;
  readonly region: string;
  readonly hostname: string;
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly serverless: boolean;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BASE64 = `${LETTERS}0123456789+/`;
/** What URLs reserve, what encoders disagree about, and text of other scripts. */
const USER = `${BASE64} !"#$%&'()*,-.:;<=>?@[\\]^_\`{|}~äßéøЖжش漢字🙂\u00a0`;
const REGIONS = ['us-east-1', 'eu-west-1', 'ap-southeast-7', 'us-gov-west-1', 'cn-north-1', 'eusc-de-east-1'];

function caseOf(random: () => number): Case {
  const int = (most: number): number => Math.floor(random() * most);
  const one = <T>(list: ArrayLike<T>): T => list[int(list.length)] as T;
  const text = (characters: string, least: number, most: number): string => {
    const all = Array.from(characters);
    return Array.from({ length: least + int(most - least + 1) }, () => one(all)).join('');
  };
  const label = (): string => `${one(LETTERS)}${text(`${LETTERS}0123456789-`, 0, 20)}${int(10)}`;
  return {
    keys: {
      accessKeyId: `ASIA${text('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16, 16)}`,
      secretAccessKey: text(BASE64, 40, 40),
      sessionToken: `${text(BASE64, 1, 4_094)}${one(['', '=', '=='])}`,
    },
    region: one(REGIONS),
    hostname: Array.from({ length: 1 + int(5) }, label).join('.'),
    name: `${one(LETTERS)}${text(`${LETTERS}0123456789`, 0, 39)}`,
    port: 1 + int(65_535),
    user: text(USER, 1, 63),
    serverless: random() < 0.5,
  };
}

export function randomCases(count: number, seed = 20_261_130): readonly Case[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => caseOf(random));
}

/** A password of ours for a case, that of the official signer, and what the server of the case knows. */
export interface Target {
  readonly name: string;
  readonly ours: (one: Case) => PasswordFunction;
  readonly official: (one: Case) => Promise<string>;
  readonly login: (one: Case) => DatabaseLogin;
}

/** As the documentation of ElastiCache and MemoryDB signs: these have no official signer. */
async function presigned(service: string, one: Case, query: Record<string, string>): Promise<string> {
  const host = one.name.toLowerCase();
  const signer = new SignatureV4({ service, region: one.region, credentials: one.keys, sha256: Sha256 });
  const request = { method: 'GET', protocol: 'https:', hostname: host, path: '/', query, headers: { host } };
  const signed = await signer.presign({ ...request }, { expiresIn: 900 });
  const escape = (value: string): string =>
    encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = Object.entries(signed.query ?? {}).map(([name, value]) => `${name}=${escape(String(value))}`);
  return `${host}/?${pairs.sort().join('&')}`;
}

export const provider =
  (keys: Keys): (() => Promise<Keys>) =>
  () =>
    Promise.resolve(keys);
const rest = ({ keys, region }: Case) => ({ region, credentials: provider(keys) });

export const TARGETS: readonly Target[] = [
  {
    name: 'RDS, as @aws-sdk/rds-signer',
    ours: (one) => rdsPassword({ hostname: one.hostname, port: one.port, username: one.user, ...rest(one) }),
    official: async ({ keys, region, hostname, port, user }) =>
      new Signer({ hostname, port, username: user, region, credentials: keys }).getAuthToken(),
    login: ({ region, hostname, port, user }) => ({
      service: 'rds-db',
      host: `${hostname}:${port}`,
      region,
      user,
    }),
  },
  {
    name: 'DSQL, as @aws-sdk/dsql-signer',
    ours: (one) => dsqlPassword({ hostname: one.hostname, admin: one.serverless, ...rest(one) }),
    official: async ({ keys, region, hostname, serverless }) => {
      const signer = new DsqlSigner({ hostname, region, credentials: keys });
      return serverless ? signer.getDbConnectAdminAuthToken() : signer.getDbConnectAuthToken();
    },
    login: ({ region, hostname, user, serverless }) => ({
      service: 'dsql',
      host: hostname,
      region,
      user: serverless ? 'admin' : user,
    }),
  },
  {
    name: 'MSK, as aws-msk-iam-sasl-signer-js',
    ours: (one) => mskToken(rest(one)),
    official: async ({ keys, region }) =>
      (await generateAuthTokenFromCredentialsProvider({ region, awsCredentialsProvider: provider(keys) }))
        .token,
    login: ({ region }) => ({ service: 'kafka-cluster', region }),
  },
  {
    name: 'ElastiCache, as @smithy/signature-v4',
    ours: (one) =>
      elastiCachePassword({
        cacheName: one.name,
        userId: one.user,
        serverless: one.serverless,
        ...rest(one),
      }),
    official: async (one) =>
      presigned('elasticache', one, {
        Action: 'connect',
        User: one.user,
        ...(one.serverless ? { ResourceType: 'ServerlessCache' } : {}),
      }),
    login: ({ region, name, user, serverless }) => ({
      service: 'elasticache',
      host: name.toLowerCase(),
      region,
      user,
      serverless,
    }),
  },
  {
    name: 'MemoryDB, as @smithy/signature-v4',
    ours: (one) => memoryDbPassword({ clusterName: one.name, userName: one.user, ...rest(one) }),
    official: async (one) => presigned('memorydb', one, { Action: 'connect', User: one.user }),
    login: ({ region, name, user }) => ({ service: 'memorydb', host: name.toLowerCase(), region, user }),
  },
];

/** The user agent is appended after the signature, and names the library. */
const withoutAgent = (token: string): string => {
  const decoded = Buffer.from(token, 'base64url').toString();
  return decoded.startsWith('https:') ? decoded.replace(/User-Agent=[^&]*/, 'User-Agent=') : token;
};

export const judge = (
  token: string,
  login: DatabaseLogin,
  keys: Keys,
  now = NOW,
): Promise<DatabaseTokenVerdict> =>
  verifyDatabaseToken(
    token,
    login,
    (accessKeyId, sessionToken) =>
      accessKeyId === keys.accessKeyId && sessionToken === keys.sessionToken
        ? { secretAccessKey: keys.secretAccessKey, caller: 'the session', allows: () => true }
        : 'invalid',
    now,
  );

/** Each password is the official signer's, and the server accepts it. */
export async function expectSame({ ours, official, login }: Target, cases: readonly Case[]): Promise<void> {
  for (const one of cases) {
    const token = await ours(one)();
    expect(withoutAgent(token)).toBe(withoutAgent(await official(one)));
    expect(await judge(token, login(one), one.keys)).toMatchObject({ ok: true });
  }
}
