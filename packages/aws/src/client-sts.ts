/** `@credex/aws/client-sts`: the exchange with the official SDK, `@aws-sdk/client-sts`. */

import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import type { STSClient } from '@aws-sdk/client-sts';
import type { SubjectToken } from '@credex/core';
import { OptionError } from '@credex/core';
import type { ExchangeContext, ExchangeResult } from '@credex/core/internal';
import { invalidOption, optionNames, ownOptions, withSecureSockets } from '@credex/core/internal';
import { awsExchanger } from './aws-exchanger.js';
import { recordResponse, responseErrorOf } from './client-sts/record-response.js';
import { stsClient, stsEndpointOf } from './client-sts/sts-client.js';
import { parseStsResponse, parseStsResult } from './parse-sts-response.js';
import type { AwsConfiguration, AwsExchangerFactory, AwsSessionCredentials } from './types.js';

export interface ClientStsExchangerOptions {
  /**
   * Your own client: for a proxy, a private certificate authority or middleware. Its region, endpoint and retries apply,
   * including those of the environment and of `~/.aws/config`; `region`, `endpoint`, `useFipsEndpoint`,
   * `useDualstackEndpoint` and `fetch` cannot be combined with it. Its credentials are cached separately from those of
   * other clients.
   */
  readonly client?: STSClient | undefined;
}

/**
 * Makes the exchange with the AWS SDK's STS client. Without a `client`, each exchange is one attempt at the token service of
 * the region in effect. Environment variables and the shared AWS files do not change where the token goes.
 *
 * @example
 * const client = new STSClient({ region: 'eu-west-1', requestHandler: { httpsAgent } });
 * awsCredentialsProvider({ roleArn, exchanger: clientStsExchanger({ client }) });
 *
 * @throws OptionError `conflicting_options` for an option that the given client would ignore.
 */
export function clientStsExchanger(given: ClientStsExchangerOptions = {}): AwsExchangerFactory {
  const options = ownOptions(
    'clientStsExchanger',
    given,
    optionNames<ClientStsExchangerOptions>({ client: true }),
  );
  const { client } = options;
  if (client === undefined) return withOwnClient;
  if (typeof client?.send !== 'function') throw invalidOption({ option: 'client' }, 'an STSClient', client);
  return Object.assign(
    (configuration: AwsConfiguration) => {
      assertNoneIgnored(configuration);
      return awsExchanger(
        configuration,
        (_request, context) => throughClient(client, configuration, context),
        {
          client: identityOf(client),
        },
      );
    },
    { ownRegion: true },
  );
}

const withOwnClient: AwsExchangerFactory = (configuration) =>
  awsExchanger(configuration, async ({ region }, context) => {
    const endpoint = stsEndpointOf(configuration, region);
    const token = await context.subject();
    return context.step(endpoint.url.host, async (signal) => {
      const post: ExchangeContext['post'] = (url, init) => context.post(url, { ...init, signal });
      const client = stsClient(configuration, endpoint, post);
      try {
        return await withSecureSockets(() => assumeRole(client, configuration, token, signal));
      } finally {
        client.destroy();
      }
    });
  });

/** A user's client has a separate retry budget, because its host is unknown here. */
async function throughClient(
  client: STSClient,
  configuration: AwsConfiguration,
  context: ExchangeContext,
): Promise<ExchangeResult<AwsSessionCredentials>> {
  const token = await context.subject();
  return context.step(identityOf(client), (signal) =>
    withSecureSockets(() => assumeRole(client, configuration, token, signal)),
  );
}

async function assumeRole(
  client: STSClient,
  configuration: AwsConfiguration,
  { jwt, claims }: SubjectToken,
  signal: AbortSignal,
): Promise<ExchangeResult<AwsSessionCredentials>> {
  const { roleArn, roleSessionName, durationSeconds, policy, policyArns } = configuration;
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleArn,
    RoleSessionName: roleSessionName,
    WebIdentityToken: jwt,
    PolicyArns: policyArns.length === 0 ? undefined : policyArns.map((arn) => ({ arn })),
    Policy: policy,
    DurationSeconds: durationSeconds,
  });
  const recorded = recordResponse(command);
  const output = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    if (recorded() === undefined) throw responseErrorOf(error);
    return undefined;
  });
  const response = recorded();
  // The recorded response is used. A mock of `send` has none.
  return response === undefined
    ? parseStsResult(() => output, configuration, claims.sub)
    : parseStsResponse(response, configuration, claims.sub);
}

function assertNoneIgnored(configuration: AwsConfiguration): void {
  const given = {
    region: configuration.regionFrom === 'option',
    endpoint: configuration.endpoint !== undefined,
    useFipsEndpoint: configuration.useFipsEndpoint,
    useDualstackEndpoint: configuration.useDualstackEndpoint,
    fetch: configuration.customFetch,
  };
  const ignored = Object.entries(given).find(([, isGiven]) => isGiven)?.[0];
  if (ignored === undefined) return;
  throw new OptionError(
    'conflicting_options',
    ignored,
    undefined,
    `\`${ignored}\` has no effect on the client that was passed to clientStsExchanger. Set it on that client, or pass no client.`,
  );
}

/** In the cache key: another client may use another server, so its credentials must not be served to others. */
const identities = new WeakMap<STSClient, string>();

function identityOf(client: STSClient): string {
  const known = identities.get(client);
  if (known !== undefined) return known;
  const identity = crypto.randomUUID();
  identities.set(client, identity);
  return identity;
}
