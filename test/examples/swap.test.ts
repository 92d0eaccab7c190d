/** One service, three clouds: what changes is the configuration, or the environment alone. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from '@credex/testing/emulator';
import { createCredentials } from 'credex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import { STORES, emulatorSettings } from '../support/credex.js';
import { routedFetch } from '../support/routed.js';
import { AWS, AZURE, GCP, TEAM } from '../support/trust.js';
import { useFixture } from '../support/use-fixture.js';
import { run } from './user-folder.js';

const BOUND_MS = 120_000;
const SWAP = fileURLToPath(new URL('swap/', import.meta.url));
const ORDER = 'an order of 3 pears';

const fixture = useFixture();

/** Whose TLS listener answers for which of the names outside. */
const NAMES: Readonly<Record<string, ServiceName>> = {
  '^sts\\.eu-west-1\\.amazonaws\\.com$': 'aws-sts',
  '^shop-orders\\.s3\\.eu-west-1\\.amazonaws\\.com$': 'aws-s3',
  '^sts\\.googleapis\\.com$': 'gcp-sts',
  '^iamcredentials\\.googleapis\\.com$': 'gcp-iam-credentials',
  '^storage\\.googleapis\\.com$': 'gcp-storage',
  '^login\\.microsoftonline\\.com$': 'entra',
  '^shoporders\\.blob\\.core\\.windows\\.net$': 'azure-blob',
};

const CLOUDS = {
  aws: {
    url: `https://${AWS.bucket}.s3.${AWS.region}.amazonaws.com/orders/1.txt`,
    asked: ['aws-sts', 'aws-s3'],
  },
  gcp: {
    url: `https://storage.googleapis.com/storage/v1/b/${GCP.bucket}/o/orders%2F1.txt?alt=media`,
    asked: ['gcp-sts', 'gcp-iam-credentials', 'gcp-storage'],
  },
  azure: {
    url: `https://${AZURE.account}.blob.core.windows.net/${AZURE.container}/orders/1.txt`,
    asked: ['entra', 'azure-blob'],
  },
} as const;
type Cloud = keyof typeof CLOUDS;
const clouds = Object.keys(CLOUDS) as readonly Cloud[];

let empty: string;
beforeAll(async () => {
  empty = mkdtempSync(join(tmpdir(), 'credex-swap-'));
  await ensureBuilt();
  await writeOrders();
}, BOUND_MS);
afterAll(() => rmSync(empty, { recursive: true, force: true }));

/** The order that is there to be read, in each cloud. */
async function writeOrders(): Promise<void> {
  const { emulator, clock } = fixture;
  const settings = emulatorSettings(emulator, clock);
  const blob = CLOUDS.azure.url;
  const azure = { ...settings.azure, origins: [new URL(blob).origin] };
  const credentials = createCredentials({ credentials: STORES }, { ...settings, azure });
  await fixture.inRequest(await fixture.mint(), async () => {
    const s3 = `${emulator.url('aws-s3')}/${AWS.bucket}/orders/1.txt`;
    const put = { method: 'PUT', body: ORDER };
    await fetch(await credentials.authorize(s3, { name: 'aws', service: 's3', init: put }));
    const upload = `${emulator.url('gcp-storage')}/upload/storage/v1/b/${GCP.bucket}/o?uploadType=media&name=orders/1.txt`;
    await fetch(await credentials.authorize(upload, { name: 'gcp', init: { ...put, method: 'POST' } }));
    const headers = { 'x-ms-blob-type': 'BlockBlob' };
    const written = await credentials.authorize(blob, { name: 'azure', init: { ...put, headers } });
    await routedFetch(emulator, 'azure-blob')(blob, { method: 'PUT', headers: written.headers, body: ORDER });
  });
}

/** Runs the service as it stands, and says what it answered and which services of the emulator it asked. */
async function served(
  cloud: Cloud,
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const { emulator } = fixture;
  const ca = join(empty, 'ca.pem');
  await emulator.writeCa(ca);
  const places = Object.entries(NAMES).map(([name, service]) => [
    name,
    Number(new URL(emulator.tlsUrl(service)).port),
  ]);
  const hook = new URL('outside-names.mjs', import.meta.url).href;
  const printed = await run(
    process.execPath,
    ['--import', hook, join(SWAP, 'serve.mjs')],
    directory,
    {
      PATH: process.env['PATH'],
      NODE_EXTRA_CA_CERTS: ca,
      EMULATED_NAMES: JSON.stringify(places),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      VERCEL: '1',
      VERCEL_ENV: 'production',
      VERCEL_PROJECT_ID: TEAM.projectId,
      ORDER_URL: CLOUDS[cloud].url,
      ...environment,
    },
    await fixture.mint(),
  );
  try {
    const asked = [...new Set(emulator.log.entries().map(({ service }) => service))];
    return { ...(JSON.parse(printed) as object), asked };
  } catch {
    throw new Error(`It did not answer; it printed: ${printed}`);
  }
}

const answerOf = (cloud: Cloud): unknown => ({ status: 200, read: ORDER, asked: CLOUDS[cloud].asked });

describe('the same service', () => {
  test.each(clouds)(
    'with the configuration in swap/%s',
    async (cloud) => {
      expect(await served(cloud, join(SWAP, cloud))).toEqual(answerOf(cloud));
    },
    BOUND_MS,
  );

  test.each(clouds)(
    'with one configuration of all, and CREDEX_DEFAULT=on-%s',
    async (cloud) => {
      const environment = { CREDEX_DEFAULT: `on-${cloud}` };
      expect(await served(cloud, join(SWAP, 'all'), environment)).toEqual(answerOf(cloud));
    },
    BOUND_MS,
  );

  test.each(clouds)(
    'with no file at all, and %s in CREDEX_CONFIG',
    async (cloud) => {
      const environment = {
        CREDEX_CONFIG: readFileSync(join(SWAP, 'all', 'credex.config.json'), 'utf8'),
        CREDEX_DEFAULT: `on-${cloud}`,
      };
      expect(await served(cloud, empty, environment)).toEqual(answerOf(cloud));
    },
    BOUND_MS,
  );

  test(
    'with a file that says AWS, and variables that say Google Cloud',
    async () => {
      const environment = {
        CREDEX_ORDERS_PROVIDER: 'gcp',
        CREDEX_ORDERS_PROJECT_NUMBER: GCP.projectNumber,
        CREDEX_ORDERS_WORKLOAD_IDENTITY_POOL_ID: GCP.workloadIdentityPoolId,
        CREDEX_ORDERS_WORKLOAD_IDENTITY_POOL_PROVIDER_ID: GCP.workloadIdentityPoolProviderId,
        CREDEX_ORDERS_SERVICE_ACCOUNT_EMAIL: GCP.serviceAccountEmail,
      };
      expect(await served('gcp', join(SWAP, 'aws'), environment)).toEqual(answerOf('gcp'));
    },
    BOUND_MS,
  );

  test('has no word of a cloud in it', () => {
    const text = readFileSync(join(SWAP, 'service.mjs'), 'utf8');
    expect(text).not.toMatch(/aws|amazon|gcp|google|azure|microsoft|s3|blob|bucket/i);
  });
});
