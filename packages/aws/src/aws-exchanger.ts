/** The driver: what all ways of making the exchange share, and the one function in which they differ. */

import type { Json } from '@credex/core';
import type { ExchangeContext, ExchangeResult, Exchanger, SourcedContext } from '@credex/core/internal';
import { parseStoredAwsCredentials } from './parse-sts-response.js';
import type { AwsConfiguration, AwsRequest, AwsSessionCredentials, GivenHop, RoleChain } from './types.js';
import { plainJson } from './session.js';

export type AwsExchange = (
  request: AwsRequest,
  context: ExchangeContext,
) => Promise<ExchangeResult<AwsSessionCredentials>>;

/**
 * @param via What tells this way of exchanging from others, where it can bring another credential (a client with
 *   its own endpoint).
 */
export function awsExchanger(
  configuration: AwsConfiguration & { readonly chain?: RoleChain },
  exchange: AwsExchange,
  via?: Readonly<Record<string, Json>>,
): Exchanger<AwsSessionCredentials, AwsRequest> {
  const target = Object.freeze({ ...targetOf(configuration), ...via });
  const { roleArn, allowUnboundResponse } = configuration;
  return {
    specificationVersion: 'v1',
    provider: 'aws',
    cacheKeyFields: () => target,
    exchange,
    parseStored: (record) => parseStoredAwsCredentials(record, allowUnboundResponse ? undefined : roleArn),
    // Loaded with the first failure.
    async classify(error, presented) {
      const { classifyAwsError } = await import('./classify-aws-error.js');
      return classifyAwsError(error, presented, configuration);
    },
  };
}

function targetOf(configuration: AwsConfiguration): Readonly<Record<string, Json>> {
  return {
    partition: configuration.partition,
    roleArn: configuration.roleArn,
    roleSessionName: configuration.roleSessionName,
    durationSeconds: configuration.durationSeconds ?? null,
    policy: configuration.policy ?? null,
    policyArns: configuration.policyArns,
    endpoint: configuration.endpoint ?? null,
    // Whoever asks for FIPS must not be handed what was fetched without it.
    useFipsEndpoint: configuration.useFipsEndpoint,
    // A caller that requires a response about this role must not find another one.
    ...(configuration.allowUnboundResponse ? { allowUnboundResponse: true } : {}),
  };
}

// The option `assumeRole` as far as its cache key needs it. The rest is in role-chain.ts, loaded with the first exchange.

/** A copy of the option, as a list, whatever was given: what is no role is refused with the first exchange. */
export const givenHops = (value: unknown): readonly GivenHop[] => [plainJson(value)].flat() as GivenHop[];

/** Exchanges for the session of the last role. Each session before it is a cache entry, of an exchanger of the same kind. */
export function chainExchanger(chain: RoleChain): Exchanger<AwsSessionCredentials, AwsRequest> {
  const { base, hops, configuration, claims = null } = chain;
  // Not checked yet: what is no text is refused with the first exchange.
  const roleArn = hops.at(-1)?.['roleArn'] as string;
  return awsExchanger(
    { ...configuration, roleArn, chain },
    async (request, context) =>
      (await import('./role-chain.js')).exchangeLastHop(chain, request, context as SourcedContext),
    { base: base.cacheKeyFields({ region: '' }), assumeRole: hops, claims },
  );
}
