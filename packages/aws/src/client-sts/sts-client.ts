/** An STSClient whose endpoint is that of the configuration, whatever the environment, a profile or shared files contain. */

import { STSClient } from '@aws-sdk/client-sts';
import type { STSClientConfig } from '@aws-sdk/client-sts';
import type { ExchangeContext } from '@credex/core/internal';
import { OptionError } from '@credex/core';
import { partitionNamed } from '../region.js';
import type { AwsConfiguration, AwsHopRequest } from '../types.js';

/**
 * Without these, the SDK looks each of them up in the environment and in `~/.aws/config`. Some are functions, because the
 * oldest supported clients (3.723) call them without a check. One attempt, because core retries.
 */
function pinned(region: string): STSClientConfig {
  return {
    region,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    useGlobalEndpoint: false,
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    authSchemePreference: () => Promise.resolve([]),
    sigv4aSigningRegionSet: () => Promise.resolve([region]),
    userAgentAppId: () => Promise.resolve(undefined),
  };
}

/** A client for one request: its sockets would be stale at the next one. `keys`: those that sign. */
export function stsClient(
  configuration: AwsConfiguration,
  { region, url }: StsEndpoint,
  post: ExchangeContext['post'],
  keys?: AwsHopRequest['keys'],
): STSClient {
  const settings: STSClientConfig = {
    ...pinned(region),
    // AssumeRoleWithWebIdentity is not signed.
    ...(keys === undefined ? {} : { credentials: { ...keys } }),
    endpoint: url.href,
    // An endpoint that the SDK finds in a profile or variable does not replace it.
    endpointProvider: () => ({ url }),
  };
  if (!configuration.customFetch) {
    const client = new STSClient(settings);
    // The SDK's handler for browsers and edge runtimes uses fetch, which follows a redirect with the token.
    if (client.config.requestHandler.metadata?.handlerProtocol === 'http/1.1') return client;
  }
  return new STSClient({ ...settings, requestHandler: postingHandler(url, post) });
}

export interface StsEndpoint {
  readonly region: string;
  readonly url: URL;
}

/** The host that the SDK chooses for the partition, the region, FIPS and dual-stack, checked against our own table. */
export function stsEndpointOf(configuration: AwsConfiguration, region: string): StsEndpoint {
  if (configuration.endpoint !== undefined) return { region, url: new URL(configuration.endpoint) };
  const { useFipsEndpoint, useDualstackEndpoint } = configuration;
  const { url } = new STSClient(pinned(region)).config.endpointProvider({
    Region: region,
    UseFIPS: useFipsEndpoint,
    UseDualStack: useDualstackEndpoint,
    UseGlobalEndpoint: false,
  });
  const { dnsSuffix, dualStackDnsSuffix } = partitionNamed(configuration.partition);
  const suffix = useDualstackEndpoint ? dualStackDnsSuffix : dnsSuffix;
  const names = ['sts', 'sts-fips'].map((service) => `${service}.${region}.${suffix}`);
  if (url.protocol === 'https:' && url.port === '' && names.includes(url.hostname)) return { region, url };
  throw new OptionError(
    'unsafe_url',
    'region',
    undefined,
    `The installed @aws-sdk/client-sts uses a token service for ${region} other than ${names.join(' or ')}. Update @aws-sdk/client-sts, or pass \`endpoint\`.`,
  );
}

interface OutgoingRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Sends with core's HTTP step: the user's fetch, no redirect, a bounded response. */
function postingHandler(
  url: URL,
  post: ExchangeContext['post'],
): NonNullable<STSClientConfig['requestHandler']> {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ headers, body }: OutgoingRequest) {
      // fetch sets these itself, and some runtimes refuse them.
      const sent = Object.entries(headers).filter(([name]) => !/^(?:host|content-length)$/i.test(name));
      const received = await post(url, { headers: Object.fromEntries(sent), body: String(body) });
      const response = {
        statusCode: received.status,
        headers: { ...received.headers },
        body: new TextEncoder().encode(received.body),
      };
      return { response };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}
