/** `@credex/aws/client-sts`: the exchange with the official SDK, `@aws-sdk/client-sts`. */

import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import type { STSClient } from '@aws-sdk/client-sts';
import type { SubjectToken } from '@credex/core';
import { OptionError } from '@credex/core';
import type { ExchangeContext, ExchangeResult, HttpResponse } from '@credex/core/internal';
import {
  invalidOption,
  optionNames,
  optionalFunction,
  ownOptions,
  withSecureSockets,
} from '@credex/core/internal';
import { awsExchanger } from './aws-exchanger.js';
import { recordResponse, responseErrorOf } from './client-sts/record-response.js';
import { stsClient, stsEndpointOf } from './client-sts/sts-client.js';
import { parseStsResponse, parseStsResult } from './parse-sts-response.js';
import type {
  AwsConfiguration,
  AwsExchangerFactory,
  AwsHop,
  AwsHopRequest,
  AwsSessionCredentials,
} from './types.js';

export interface ClientStsExchangerOptions {
  /**
   * Your own client: for a proxy, a private certificate authority or middleware. Its region, endpoint and retries apply,
   * including those of the environment and of `~/.aws/config`; `region`, `endpoint`, `useFipsEndpoint`,
   * `useDualstackEndpoint` and `fetch` cannot be combined with it. Its credentials are cached separately from those of
   * other clients.
   */
  readonly client?: STSClient | undefined;
  /**
   * Makes a client like `client` that signs with these credentials: for the option `assumeRole`, which needs it where
   * `client` is given. It is called for each request of a role, and its client is destroyed after that request, unless
   * the two share a request handler. It cannot be given without `client`.
   */
  readonly clientFor?: ((credentials: AwsHopRequest['keys']) => STSClient) | undefined;
}

/**
 * Makes the exchange with the AWS SDK's STS client. Without a `client`, each exchange is one attempt at the token service of
 * the region in effect. Environment variables and the shared AWS files do not change where the token goes.
 *
 * @example
 * const client = new STSClient({ region: 'eu-west-1', requestHandler: { httpsAgent } });
 * awsCredentialsProvider({ roleArn, exchanger: clientStsExchanger({ client }) });
 *
 * @throws OptionError `conflicting_options` for an option that the given client would ignore, and for `clientFor` without
 *   `client`. With the first request of a role: `invalid_option` where `clientFor` does not return a new client.
 */
export function clientStsExchanger(given: ClientStsExchangerOptions = {}): AwsExchangerFactory {
  const options = ownOptions(
    'clientStsExchanger',
    given,
    optionNames<ClientStsExchangerOptions>({ client: true, clientFor: true }),
  );
  const { client } = options;
  const clientFor = optionalFunction({ option: 'clientFor' }, options.clientFor);
  if (client === undefined) {
    if (clientFor === undefined) return withOwnClient;
    throw new OptionError(
      'conflicting_options',
      'clientFor',
      undefined,
      '`clientFor` has no effect without `client`, which sends the token. Pass both, or neither.',
    );
  }
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
    {
      ownRegion: true,
      assumeRole:
        clientFor &&
        (async (request: AwsHopRequest, context: ExchangeContext) => {
          const signing = signingClient(clientFor({ ...request.keys }), client);
          try {
            return await context.step(identityOf(client), (signal) =>
              withSecureSockets(() => sendHop(signing, request.hop, signal)),
            );
          } finally {
            // It may share sockets with `client`.
            if (signing.config.requestHandler !== client.config.requestHandler) signing.destroy();
          }
        }),
    },
  );
}

const withOwnClient: AwsExchangerFactory = Object.assign(
  (configuration: AwsConfiguration) =>
    awsExchanger(configuration, async ({ region }, context) => {
      const token = await context.subject();
      return throughOwnClient(configuration, region, context, undefined, (client, signal) =>
        sendToken(client, configuration, token, signal),
      );
    }),
  {
    assumeRole: async ({ hop, region, keys }: AwsHopRequest, context: ExchangeContext) =>
      throughOwnClient(hop, region, context, keys, (client, signal) => sendHop(client, hop, signal)),
  },
);

/** `client` itself would sign with the credentials that it has. */
function signingClient(made: STSClient, client: STSClient): STSClient {
  if (typeof made?.send === 'function' && made !== client) return made;
  throw invalidOption({ option: 'clientFor' }, 'a function that returns a new STSClient', made);
}

type Issued = ExchangeResult<AwsSessionCredentials>;

async function throughOwnClient(
  configuration: AwsConfiguration,
  region: string,
  context: ExchangeContext,
  keys: AwsHopRequest['keys'] | undefined,
  send: (client: STSClient, signal: AbortSignal) => Promise<Issued>,
): Promise<Issued> {
  const endpoint = stsEndpointOf(configuration, region);
  return context.step(endpoint.url.host, async (signal) => {
    const post: ExchangeContext['post'] = (url, init) => context.post(url, { ...init, signal });
    const client = stsClient(configuration, endpoint, post, keys);
    try {
      return await withSecureSockets(() => send(client, signal));
    } finally {
      client.destroy();
    }
  });
}

/** A user's client has a separate retry budget, because its host is unknown here. */
async function throughClient(
  client: STSClient,
  configuration: AwsConfiguration,
  context: ExchangeContext,
): Promise<Issued> {
  const token = await context.subject();
  return context.step(identityOf(client), (signal) =>
    withSecureSockets(() => sendToken(client, configuration, token, signal)),
  );
}

async function sendToken(
  client: STSClient,
  configuration: AwsConfiguration,
  { jwt, claims }: SubjectToken,
  signal: AbortSignal,
): Promise<Issued> {
  const command = new AssumeRoleWithWebIdentityCommand({
    ...sessionOf(configuration),
    WebIdentityToken: jwt,
  });
  const { response, output } = await recorded(command, () => client.send(command, { abortSignal: signal }));
  return response === undefined
    ? parseStsResult(() => output, configuration, claims.sub)
    : parseStsResponse(response, configuration, claims.sub);
}

async function sendHop(client: STSClient, hop: AwsHop, signal: AbortSignal): Promise<Issued> {
  const { externalId, tags, transitiveTagKeys, sourceIdentity } = hop;
  const command = new AssumeRoleCommand({
    ...sessionOf(hop),
    ExternalId: externalId,
    SourceIdentity: sourceIdentity,
    Tags: listed(tags.map(([Key, Value]) => ({ Key, Value }))),
    TransitiveTagKeys: listed([...transitiveTagKeys]),
  });
  const { response, output } = await recorded(command, () => client.send(command, { abortSignal: signal }));
  return response === undefined
    ? parseStsResult(() => output, hop, undefined, undefined, 'AssumeRole')
    : parseStsResponse(response, hop, undefined, 'AssumeRole');
}

/** The response as it was received. A mock of `send` has none: then the output is used. */
async function recorded(
  command: AssumeRoleCommand | AssumeRoleWithWebIdentityCommand,
  send: () => Promise<unknown>,
): Promise<{ readonly response: HttpResponse | undefined; readonly output: unknown }> {
  const response = recordResponse(command);
  const output = await send().catch((error: unknown) => {
    if (response() === undefined) throw responseErrorOf(error);
    return undefined;
  });
  return { response: response(), output };
}

const listed = <T>(list: T[]): T[] | undefined => (list.length === 0 ? undefined : list);

/** What both operations are asked for. */
const sessionOf = (configuration: AwsConfiguration) => ({
  RoleArn: configuration.roleArn,
  RoleSessionName: configuration.roleSessionName,
  PolicyArns: listed(configuration.policyArns.map((arn) => ({ arn }))),
  Policy: configuration.policy,
  DurationSeconds: configuration.durationSeconds,
});

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
