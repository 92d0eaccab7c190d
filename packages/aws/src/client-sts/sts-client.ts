/** An STSClient that goes where the configuration says, whatever environment, profile or shared files say. */

import { STSClient } from '@aws-sdk/client-sts';
import type { STSClientConfig } from '@aws-sdk/client-sts';
import type { ExchangeContext } from '@credex/core/internal';
import { OptionError } from '@credex/core';
import type { AwsConfiguration } from '../options.js';
import { partitionNamed } from '../partitions.js';

/**
 * Each of these would otherwise be looked up in the environment and in `~/.aws/config`. Functions, where the
 * oldest clients of our range (3.723) call them without looking. One attempt: core retries.
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

/** For one request: the next one comes when the sockets of this one are long stale. */
export function stsClient(
  configuration: AwsConfiguration,
  { region, url }: StsEndpoint,
  post: ExchangeContext['post'],
): STSClient {
  const settings: STSClientConfig = {
    ...pinned(region),
    endpoint: url.href,
    // Final: no endpoint that the SDK finds in a profile or variable replaces it.
    endpointProvider: () => ({ url }),
  };
  if (!configuration.customFetch) {
    const client = new STSClient(settings);
    // The SDK's handler for browsers and edge runtimes uses fetch, which follows a redirect with the token in hand.
    if (client.config.requestHandler.metadata?.handlerProtocol === 'http/1.1') return client;
  }
  return new STSClient({ ...settings, requestHandler: postingHandler(url, post) });
}

export interface StsEndpoint {
  readonly region: string;
  readonly url: URL;
}

/** The host is the SDK's answer to partition, region, FIPS and dual-stack, held against our own table. */
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
    `The installed @aws-sdk/client-sts has another token service for ${region} than ${names.join(' or ')}: update it, or pass \`endpoint\`.`,
  );
}

interface OutgoingRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Sends by core's HTTP step: the user's fetch, no redirect, a bounded answer. */
function postingHandler(
  url: URL,
  post: ExchangeContext['post'],
): NonNullable<STSClientConfig['requestHandler']> {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ headers, body }: OutgoingRequest) {
      // fetch sets these itself, and some runtimes refuse them.
      const sent = Object.entries(headers).filter(([name]) => !/^(?:host|content-length)$/i.test(name));
      const answer = await post(url, { headers: Object.fromEntries(sent), body: String(body) });
      const response = {
        statusCode: answer.status,
        headers: { ...answer.headers },
        body: new TextEncoder().encode(answer.body),
      };
      return { response };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}
