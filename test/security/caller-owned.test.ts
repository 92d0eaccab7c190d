/** What a caller receives is the caller's own, on all three clouds and by every way to ask: it may be written on. */

import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { awsCredentialsProvider, getAwsCredentials } from '@credex/aws';
import { azureCredentialsProvider, getAzureCredentials } from '@credex/azure';
import { FederationError, createCredentialCache } from '@credex/core';
import { gcpCredentialsProvider, getGcpCredentials } from '@credex/gcp';
import { googleAuthClient } from '@credex/gcp/google-auth-library';
import type { CredentialsSettings } from 'credex';
import { createCredentials } from 'credex';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { STORES, emulatorSettings } from '../support/credex.js';
import { setDeployment } from '../support/environment.js';
import { s3Client } from '../support/s3.js';
import { AWS } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';

const fixture = useFixture();
let production: string;
beforeAll(async () => {
  production = await fixture.mint();
});
beforeEach(() => {
  setDeployment();
});

type Ask = () => Promise<object>;
type Cloud = 'aws' | 'gcp' | 'azure';

const SCOPE = 'https://storage.azure.com/.default';

/** Every way to ask one cloud. `cache`: one for all of them, so that they share the credential and the failure. */
function waysOf(cloud: Cloud, more: object): Readonly<Record<string, Ask>> {
  const configured = createCredentials(
    { credentials: { store: STORES[cloud] }, default: 'store' },
    withoutExchanger({ ...emulatorSettings(fixture.emulator, fixture.clock), ...more }),
  );
  const ways: Readonly<Record<Cloud, () => Readonly<Record<string, Ask>>>> = {
    aws() {
      const options = { ...fixture.options.aws, ...more };
      const provider = awsCredentialsProvider(options);
      return {
        getAwsCredentials: () => getAwsCredentials(options),
        'provider()': () => provider(),
        'provider.getCredentials()': () => provider.getCredentials(),
      };
    },
    gcp() {
      const options = { ...fixture.options.gcp, ...more };
      const provider = gcpCredentialsProvider(options);
      const client = googleAuthClient(options);
      return {
        getGcpCredentials: () => getGcpCredentials(options),
        'provider.getCredentials()': () => provider.getCredentials(),
        'provider.getCredentials({ request })': () => provider.getCredentials({ request: {} }),
        'provider.getAccessToken()': () => provider.getAccessToken(),
        'googleAuthClient().getAccessToken()': () => client.getAccessToken(),
        'googleAuthClient().getRequestHeaders()': () => client.getRequestHeaders(),
      };
    },
    azure() {
      const options = { ...fixture.options.azure, ...more };
      const provider = azureCredentialsProvider(options);
      return {
        getAzureCredentials: () => getAzureCredentials(options),
        'provider.getCredentials()': () => provider.getCredentials(),
        'provider.getCredentials({ request })': () =>
          provider.getCredentials({ request: { scopes: [SCOPE] } }),
        'provider.getToken()': () => provider.getToken(SCOPE),
        'provider.getToken() with a time limit': () =>
          provider.getToken(SCOPE, { requestOptions: { timeout: 60_000 } }),
      };
    },
  };
  return {
    ...ways[cloud](),
    'credex getCredentials()': () => configured.getCredentials(),
    'credex get()': async () => (await configured.get()).getCredentials(),
  };
}

/** Over http on loopback, as the other ways are. */
function withoutExchanger(settings: ReturnType<typeof emulatorSettings>): CredentialsSettings {
  return { ...settings, azure: { authorityHost: fixture.emulator.url('entra'), allowLoopbackHttp: true } };
}

/** Writes on every member, as far down as there are objects. */
function scribble(object: object): void {
  for (const [name, value] of Object.entries(object)) {
    if (value instanceof Date) value.setTime(0);
    (object as Record<string, unknown>)[name] = 'overwritten';
  }
  Object.assign(object, { $source: { CREDENTIALS_CODE: 'e' } });
}

/** Text of everything that a caller can read. */
const shown = (object: object): string =>
  JSON.stringify(object instanceof Headers ? [...object] : { ...object, expires_in: undefined });

const fieldsOf = (error: Error): object => Object.fromEntries(Object.entries(error));

/** Named, so that a stack shows it. */
async function callSite(ask: Ask): Promise<Error> {
  try {
    await ask();
  } catch (error) {
    return error as Error;
  }
  throw new Error('there was no error');
}

describe.each(['aws', 'gcp', 'azure'] as const)('%s', (cloud) => {
  test('a caller that writes on its credential changes nothing for others, by every way to ask', async () => {
    await fixture.inRequest(production, async () => {
      const ways = Object.entries(waysOf(cloud, { cache: createCredentialCache() }));
      const cold = await Promise.all(ways.map(([, ask]) => ask()));
      const texts = cold.map(shown);
      cold.forEach(scribble);
      for (const [index, [name, ask]] of ways.entries()) {
        const warm = await ask();
        expect(shown(warm), name).toBe(texts[index]);
        expect(Object.isFrozen(warm), name).toBe(false);
        scribble(warm);
        expect(shown(await ask()), name).toBe(texts[index]);
      }
    });
  });

  test('each caller of a shared failure gets its own error, with its call site', async () => {
    await fixture.inRequest(await fixture.mint({ environment: 'preview' }), async () => {
      const ways = Object.entries(waysOf(cloud, { cache: createCredentialCache() }));
      const together = await Promise.all(ways.map(([, ask]) => callSite(ask)));
      const later = await Promise.all(ways.map(([, ask]) => callSite(ask)));
      const errors = [...together, ...later];
      const fields = fieldsOf(errors[0] as Error);
      expect(new Set(errors).size).toBe(errors.length);
      expect(new Set(errors.map(({ cause }) => cause ?? {})).size).toBe(errors.length);
      for (const [index, error] of errors.entries()) {
        const name = ways[index % ways.length]?.[0];
        expect(error, name).toBeInstanceOf(FederationError);
        expect(fieldsOf(error), name).toEqual(fields);
        expect(error.stack, name).toContain('callSite');
        Object.assign(error, { code: 'ER_ACCESS_DENIED', traceId: index });
      }
      expect(await callSite(ways[0]?.[1] as Ask)).not.toHaveProperty('traceId');
    });
  });
});

test('S3Client takes a plain credential: the SDK writes `$source` on it', async () => {
  await fixture.inRequest(production, async () => {
    const s3 = s3Client(fixture.emulator, { credentials: await getAwsCredentials(fixture.options.aws) });
    const object = { Bucket: AWS.bucket, Key: 'orders/plain.txt' };
    await s3.send(new PutObjectCommand({ ...object, Body: 'pears' }));
    expect(await (await s3.send(new GetObjectCommand(object))).Body?.transformToString()).toBe('pears');
    s3.destroy();
    expect(await getAwsCredentials(fixture.options.aws)).not.toHaveProperty('$source');
  });
});
