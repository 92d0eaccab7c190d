/** What the proofs of this folder share: an emulated cloud, password functions, and no unhandled rejection. */

import { rdsPassword } from '@credex/aws/rds';
import { elastiCachePassword } from '@credex/aws/elasticache';
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
    /** The exchanges since the test began. */
    exchanges: (): number => fixture.emulator.log.count('aws-sts'),
  };
}

/** Fails while `state.isFailing`. */
export const switched =
  (state: { isFailing: boolean }, good: Password, bad: Password): Password =>
  () =>
    state.isFailing ? bad() : good();

/** Drops all connections, and runs statements until the client has connected again. */
export async function reconnected(gate: Gate, client: Client): Promise<void> {
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
