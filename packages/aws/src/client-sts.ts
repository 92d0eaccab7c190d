/** `@credex/aws/client-sts`: the exchange by the official SDK, `@aws-sdk/client-sts`. */

import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import type { STSClient } from '@aws-sdk/client-sts';
import type { SubjectToken } from '@credex/core';
import { OptionError } from '@credex/core';
import type { ExchangeContext, ExchangeResult } from '@credex/core/internal';
import { invalidOption, optionNames, ownOptions, withSecureSockets } from '@credex/core/internal';
import type { AwsSessionCredentials } from './types.js';
import type { AwsExchangerFactory } from './aws-exchanger.js';
import { awsExchanger } from './aws-exchanger.js';
import type { AwsConfiguration } from './options.js';
import { longestSessionMs } from './options.js';
import { captureAnswer, refusalOf } from './client-sts/record-response.js';
import { parseStsResponse } from './parse-sts-response.js';
import { issuedBy, requestedSession } from './sts-answer.js';
import { stsClient, stsEndpointOf } from './client-sts/sts-client.js';

export interface ClientStsExchangerOptions {
  /**
   * A client of your own: for a proxy, a private certificate authority, middleware. It brings its own region,
   * endpoint and retries, also those of the environment and of `~/.aws/config`; `region`, `endpoint`,
   * `useFipsEndpoint`, `useDualstackEndpoint` and `fetch` cannot be combined with it. Credentials got through it are
   * cached apart from those of other clients.
   */
  readonly client?: STSClient | undefined;
}

/**
 * Exchanges by AWS's own STS client. Without a `client`, one attempt is made to the token service of the region
 * in effect; nothing of the environment or the shared AWS files changes where the token goes.
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
      refuseIgnored(configuration);
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

/** The budget of retries that a client of the user's shares with no other: its host is its own affair. */
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
  const answer = captureAnswer(command);
  const output = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    if (answer() === undefined) throw refusalOf(error);
    return undefined;
  });
  const seen = answer();
  // The wire is what is believed. Where `send` isn't the SDK's own (a mock of it), nothing was on the wire.
  if (seen !== undefined) return issuedBy(seen, configuration, claims.sub);
  const requested = requestedSession(configuration, claims.sub);
  return { credential: parseStsResponse(output, requested), maxLifetimeMs: longestSessionMs(configuration) };
}

function refuseIgnored(configuration: AwsConfiguration): void {
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
    `\`${ignored}\` has no effect on the client given to clientStsExchanger: set it on that client, or leave the client out.`,
  );
}

/** Another client may ask another server: what it brings must not be found by who uses none, or another. */
const identities = new WeakMap<STSClient, string>();

function identityOf(client: STSClient): string {
  const known = identities.get(client);
  if (known !== undefined) return known;
  const identity = crypto.randomUUID();
  identities.set(client, identity);
  return identity;
}
