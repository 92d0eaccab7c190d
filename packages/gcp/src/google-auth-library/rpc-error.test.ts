import { FederationError } from '@credex/core';
import type { AuthClient } from 'google-auth-library';
import { gaxios } from 'google-auth-library';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Google } from '../gcp.fixture.js';
import { optionsFor, startGoogle } from '../gcp.fixture.js';
import { googleAuthClient } from './auth-client.js';
import { isGrpcService } from './rpc-error.js';

const PUBLISHER = 'https://pubsub.googleapis.com/google.pubsub.v1.Publisher';

let google: Google;
beforeEach(async () => {
  google = await startGoogle();
});
afterEach(() => google.close());

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable('It succeeded.'),
    (error: unknown) => error,
  );

const refuse = (status: number, error: string): void => {
  google.plan.sts = () => ({ status, body: { error, error_description: 'no' } });
};

test.each([
  [PUBLISHER, true],
  ['https://localhost:443/google.cloud.secretmanager.v1.SecretManagerService', true],
  [new URL(PUBLISHER), true],
  [`${PUBLISHER}/Publish`, false],
  ['https://storage.googleapis.com/storage/v1/b/orders', false],
  ['https://storage.googleapis.com/orders.csv.Gz?alt=media', false],
  ['https://bigquery.googleapis.com/', false],
  [undefined, false],
])('isGrpcService(%s) is %s', (url, expected) => {
  expect(isGrpcService(url)).toBe(expected);
});

describe('a failed exchange', () => {
  test('reaches a REST client as the FederationError itself', async () => {
    refuse(400, 'unauthorized_client');
    const client: AuthClient = googleAuthClient(optionsFor(google));
    expect(FederationError.isInstance(await caught(client.getRequestHeaders()))).toBe(true);
    expect(
      FederationError.isInstance(
        await caught(client.getRequestHeaders('https://storage.googleapis.com/b/o')),
      ),
    ).toBe(true);
  });

  test.each([
    ['permanent: UNAUTHENTICATED, which no client retries', 400, 'unauthorized_client', 16, 401],
    ['temporary: UNAVAILABLE', 503, 'unavailable', 14, 503],
  ])('reaches RPC clients with a status, %s', async (_name, stsStatus, reason, code, status) => {
    refuse(stsStatus, reason);
    const client: AuthClient = googleAuthClient(optionsFor(google, { random: () => 0 }));
    for (const error of [
      await caught(client.getRequestHeaders(PUBLISHER)),
      await caught(client.fetch(`${google.origin}/v1/projects/p/secrets`)),
    ]) {
      const { message, cause } = error as Error;
      expect(error).toMatchObject({ name: 'RpcCredentialsError', code, status });
      expect(FederationError.isInstance(cause)).toBe(true);
      expect(message).toBe((cause as Error).message);
    }
  });

  test('rejects in a later turn, after Storage has written to the stream of an upload', async () => {
    refuse(400, 'unauthorized_client');
    const client: AuthClient = googleAuthClient(optionsFor(google));
    await caught(client.getRequestHeaders());
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    // The second rejection comes from the backoff, without a request.
    await caught(client.getRequestHeaders());
    expect(turned).toBe(true);
    expect(google.seen).toHaveLength(1);
  });
});

test('does not change an error of the service', async () => {
  google.plan.other = () => ({ status: 403 });
  const client: AuthClient = googleAuthClient(optionsFor(google));
  const error = await caught(client.fetch(`${google.origin}/v1/projects/p/secrets`));
  expect(error).toBeInstanceOf(gaxios.GaxiosError);
  expect(error).toMatchObject({ response: { status: 403 } });
});
