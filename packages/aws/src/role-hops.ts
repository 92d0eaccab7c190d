/** The option `assumeRole` as far as its cache key needs it. The rest is in role-chain.ts, loaded with the first exchange. */

import type { Exchanger, SourcedContext } from '@credex/core/internal';
import { awsExchanger } from './aws-exchanger.js';
import { plainJson } from './session.js';
import type { AwsRequest, AwsSessionCredentials, GivenHop, RoleChain } from './types.js';

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
