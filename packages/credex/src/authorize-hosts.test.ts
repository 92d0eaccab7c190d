import { OptionError } from '@credex/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ProviderName } from '@credex/config';
import { assertMayGoTo } from './authorize.js';
import { CLOUDS } from './clouds/clouds.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What code allows for one entry, including the settings. */
interface Allowed {
  readonly origins: readonly string[];
  readonly allowLoopbackHttp: boolean;
  readonly universeDomain?: string;
  readonly authorityHost?: string;
}

const NOTHING: Allowed = { origins: [], allowLoopbackHttp: false };
const GOV = { ...NOTHING, authorityHost: 'https://login.microsoftonline.us' };
const CHINA = { ...NOTHING, authorityHost: 'login.partner.microsoftonline.cn' };
const UNIVERSE = { ...NOTHING, universeDomain: 'apis-tpczero.goog' };

async function isAllowed(provider: ProviderName, url: string, allowed: Allowed): Promise<boolean> {
  const requests = await CLOUDS[provider].requests();
  const { origins, ...options } = allowed;
  try {
    assertMayGoTo(new URL(url), 'store', { provider }, requests, origins, options);
    return true;
  } catch (error) {
    if (OptionError.isInstance(error) && error.code === 'unsafe_url') return false;
    throw error;
  }
}

type Row = readonly [provider: ProviderName, url: string, allowed?: Allowed];

const rows = (table: readonly Row[]) =>
  table.map(([provider, url, allowed = NOTHING]) => ({ provider, url, allowed }));

const ALLOWED: readonly Row[] = [
  ['aws', 'https://shop.s3.eu-west-1.amazonaws.com/1'],
  ['aws', 'https://sts.amazonaws.com/'],
  ['aws', 'https://dynamodb.cn-north-1.amazonaws.com.cn/'],
  ['aws', 'https://lambda.eu-west-1.api.aws/'],
  ['aws', 'https://ec2.eu-west-1.amazonaws.com/'],
  ['aws', 'https://elasticloadbalancing.eu-west-1.amazonaws.com/'],
  ['aws', 'https://elasticbeanstalk.eu-west-1.amazonaws.com/'],
  ['aws', 'https://rds.eu-west-1.amazonaws.com/'],
  ['gcp', 'https://bigquery.googleapis.com/'],
  ['gcp', 'https://europe-west4-aiplatform.googleapis.com/'],
  ['gcp', 'https://storage.apis-tpczero.goog/', UNIVERSE],
  ['azure', 'https://management.azure.com/subscriptions'],
  ['azure', 'https://graph.microsoft.com/v1.0/me'],
  ['azure', 'https://shop.vault.azure.net/secrets'],
  ['azure', 'https://shop.blob.core.usgovcloudapi.net/a', GOV],
  ['azure', 'https://shop.blob.core.chinacloudapi.cn/a', CHINA],
  ['azure', 'https://api.example.com/', { ...NOTHING, origins: ['https://api.example.com'] }],
  ['gcp', 'http://127.0.0.1:8080/', { origins: ['http://127.0.0.1:8080'], allowLoopbackHttp: true }],
];

const REFUSED: readonly Row[] = [
  ['aws', 'https://amazonaws.com/'],
  ['aws', 'https://shop-1.elb.eu-west-1.amazonaws.com/'],
  ['aws', 'https://shop.eu-west-1.elasticbeanstalk.com/'],
  ['aws', 'https://ec2-1-2-3-4.eu-west-1.compute.amazonaws.com/'],
  ['aws', 'https://ec2-1-2-3-4.cn-north-1.compute.amazonaws.com.cn/'],
  ['aws', 'https://ec2-1-2-3-4.eusc-de-east-1.compute.amazonaws.eu/'],
  ['aws', 'https://shop-1.elb.eusc-de-east-1.amazonaws.eu/'],
  ['aws', 'https://s3.amazonaws.com./'],
  ['aws', 'https://s3.amazonaws.com:8443/'],
  ['aws', 'https://evilamazonaws.com/'],
  ['gcp', 'https://googleapis.com/'],
  ['gcp', 'https://storage.googleapis.com/', UNIVERSE],
  ['gcp', 'https://shop.appspot.com/'],
  ['azure', 'https://shop.cloudapp.azure.com/'],
  ['azure', 'https://shop.westeurope.cloudapp.azure.com/'],
  ['azure', 'https://shop.azurewebsites.net/'],
  ['azure', 'https://shop.azure-api.net/'],
  ['azure', 'https://evil.management.azure.com/'],
  ['azure', 'https://a-relay.servicebus.windows.net/x'],
  ['azure', 'https://a-relay.servicebus.usgovcloudapi.net/x', GOV],
  ['azure', 'https://shop.blob.core.windows.net/a', GOV],
  ['azure', 'https://shop.blob.core.usgovcloudapi.net/a'],
  ['azure', 'https://management.azure.com/', { ...NOTHING, authorityHost: 'https://login.example.com' }],
  ['azure', 'https://api.example.com:8443/', { ...NOTHING, origins: ['https://api.example.com'] }],
  ['azure', 'https://sub.api.example.com/', { ...NOTHING, origins: ['https://api.example.com'] }],
  ['azure', 'http://api.example.com/', { ...NOTHING, origins: ['https://api.example.com'] }],
  ['gcp', 'http://127.0.0.1:8080/', { origins: ['http://127.0.0.1:8080'], allowLoopbackHttp: false }],
  ['gcp', 'https://a@storage.googleapis.com/', { ...NOTHING, origins: ['https://storage.googleapis.com'] }],
];

describe('hosts', () => {
  test.each(rows(ALLOWED))(
    '$provider credentials may be sent to $url',
    async ({ provider, url, allowed }) => {
      expect(await isAllowed(provider, url, allowed)).toBe(true);
    },
  );

  test.each(rows(REFUSED))(
    '$provider credentials may not be sent to $url',
    async ({ provider, url, allowed }) => {
      expect(await isAllowed(provider, url, allowed)).toBe(false);
    },
  );

  test('AZURE_AUTHORITY_HOST may name a sovereign authority, as for the exchange', async () => {
    vi.stubEnv('AZURE_AUTHORITY_HOST', 'https://login.chinacloudapi.cn');
    expect(await isAllowed('azure', 'https://shop.vault.azure.cn/', NOTHING)).toBe(true);
    expect(await isAllowed('azure', 'https://shop.vault.azure.net/', NOTHING)).toBe(false);
  });
});
