/** What the proofs of this folder share: an emulated cloud, password functions, and no unhandled rejection. */

import { awsCredentialsProvider } from '@credex/aws';
import type { AwsCredentialsProvider } from '@credex/aws';
import { rdsPassword } from '@credex/aws/rds';
import { elastiCachePassword } from '@credex/aws/elasticache';
import { mskToken } from '@credex/aws/msk';
import { azureCredentialsProvider } from '@credex/azure';
import type { AzureCredentialsProvider } from '@credex/azure';
import { createCredentialCache } from '@credex/core';
import type { Gate } from '@credex/testing/gates';
import { afterEach, beforeEach, expect } from 'vitest';
import { eventually } from '../stores/redis-server.mjs';
import { AWS } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

/** The user of the database, the database, and the cache. */
export const USER = 'app';
export const DATABASE = 'shop';
export const CACHE = 'shop-cache';

export type Password = () => Promise<string>;

/** A client that logs in with a password function, as the proofs use all of them. */
export interface Client {
  /** One statement, on a connection of its pool. */
  run(): Promise<unknown>;
  end(): Promise<unknown>;
}

/** The fixture of a file whose clients must neither end the process nor leave a rejection unhandled. */
export function useDatabaseFixture() {
  const fixture = useFixture();
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  beforeEach(() => {
    process.on('unhandledRejection', note);
    process.on('uncaughtException', note);
  });
  afterEach(async () => {
    // What is rejected now is noted in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
    expect(unhandled.splice(0)).toEqual([]);
  });

  /** As a deployment has it: the same token for an hour. A token of each second would be an identity of each second. */
  function tokenOf(environment: string): () => Promise<string> {
    let token: Promise<string> | undefined;
    let until = 0;
    return () => {
      const now = fixture.emulator.clock.now();
      if (token === undefined || now >= until) {
        token = fixture.mint({ environment });
        until = now + 3_000_000;
      }
      return token;
    };
  }
  const options = (environment: string) => ({
    ...fixture.options.aws,
    cache: createCredentialCache(),
    tokenSource: tokenOf(environment),
    region: AWS.region,
  });
  return {
    fixture,
    /** A password for the gate. The role trusts production only. */
    rds: (gate: Gate, environment = 'production'): Password =>
      rdsPassword({ ...options(environment), hostname: gate.hostname, port: gate.port, username: USER }),
    elastiCache: (environment = 'production'): Password =>
      elastiCachePassword({ ...options(environment), cacheName: CACHE, userId: USER }),
    aws: (environment = 'production'): AwsCredentialsProvider => awsCredentialsProvider(options(environment)),
    msk: (environment = 'production', region: string = AWS.region): Password =>
      mskToken({ ...options(environment), region }),
    /** For any scope: the one that a client asks for. */
    azure: (environment = 'production'): AzureCredentialsProvider =>
      azureCredentialsProvider({
        ...fixture.options.azure,
        cache: createCredentialCache(),
        tokenSource: tokenOf(environment),
      }),
    /** The exchanges with AWS since the test began. */
    exchanges: (): number =>
      fixture.emulator.log.count('aws-sts', ({ notes }) => notes['action'] !== 'GetCallerIdentity'),
  };
}

/** Fails while `state.isFailing`. */
export const switched =
  (state: { isFailing: boolean }, good: Password, bad: Password): Password =>
  () =>
    state.isFailing ? bad() : good();

/** Drops all connections, and runs statements until the client has connected again. */
export async function reconnected(
  gate: { logins(): readonly unknown[]; dropConnections(): void },
  client: Client,
): Promise<void> {
  const before = gate.logins().length;
  gate.dropConnections();
  // The clients notice it: a statement of Kysely on a connection that ends meanwhile is an unhandled error event of pg.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  // A statement on a connection that has just ended fails, as it does when a server restarts.
  await eventually(async () => {
    const isRun = await client.run().then(
      () => true,
      () => false,
    );
    return isRun && gate.logins().length > before;
  });
}

/** The error of a promise, and an error if there is none. */
export const rejection = (promise: Promise<unknown>): Promise<Record<string, unknown>> =>
  promise.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: Record<string, unknown>) => error,
  );

const WRAPPED_IN = ['cause', 'originalError', 'errors'] as const;

/** The codes of an error, and of all that it wraps: in `cause`, and in `errors` of several attempts. */
export function codes(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const own = error as Record<string, unknown>;
  return [own['code'], ...WRAPPED_IN.flatMap((name) => [own[name]].flat()).flatMap(codes)];
}

/** Where the error with the code is: `errors.0.cause`; an empty text for the error itself. */
export function placeOf(error: unknown, code: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const own = error as Record<string, unknown>;
  if (own['code'] === code) return '';
  for (const name of [...WRAPPED_IN, ...(Array.isArray(error) ? error.keys() : [])]) {
    const place = placeOf(own[name], code);
    if (place !== undefined) return place === '' ? String(name) : `${name}.${place}`;
  }
  return undefined;
}
