/**
 * Which region's token service is asked. The credential is good in every region of the partition, so the region
 * is no part of the cache key; it decides where the subject token goes, so it is never guessed across partitions.
 */

import { OptionError } from '@credex/core';
import type { Grammar } from '@credex/core/internal';
import { memberOf, optionalString } from '@credex/core/internal';
import { partitionNamed, partitionOfRegion } from './partitions.js';

const VARIABLES = ['AWS_REGION', 'AWS_DEFAULT_REGION'] as const;

/** Stricter than a host label: `auto`, `local` or `aws-global` name no regional token service. */
const REGION: Grammar = {
  pattern: /^[a-z]{2,8}(?:-[a-z]{2,12}){1,2}-\d{1,2}$/,
  says: 'a region of AWS, such as eu-west-1',
};

export interface ConfiguredRegion {
  readonly region: string | undefined;
  /** The environment's region may be the platform's own choice: it is compared with the role only when it is used. */
  readonly regionFrom: 'option' | 'environment' | undefined;
}

/** The option, or the environment's. One given in code must be of the role's partition. */
export function configuredRegion(value: unknown, partition: string): ConfiguredRegion {
  const region = optionalString({ option: 'region', environmentVariable: VARIABLES }, value, REGION);
  if (region === undefined) return { region, regionFrom: undefined };
  if (value === undefined) return { region, regionFrom: 'environment' };
  return { region: ofPartition(region, partition, '`region`'), regionFrom: 'option' };
}

/** A region named for one call: `getCredentials({ request: { region } })`. */
export function requestedRegion(value: unknown, partition: string): string | undefined {
  const region = optionalString({ option: 'request.region' }, value, REGION);
  return region === undefined ? undefined : ofPartition(region, partition, '`request.region`');
}

/**
 * The region of the client that asks. The SDK hands over its whole configuration, credentials included: nothing
 * but a well-formed region name leaves this function.
 */
export async function callingClientRegion(identityProperties: unknown): Promise<string | undefined> {
  const given = identityProperties as { callerClientConfig?: { region?: unknown } } | undefined;
  const config = given === undefined ? undefined : memberOf(given, 'callerClientConfig');
  let region: unknown =
    typeof config === 'object' && config !== null ? memberOf(config, 'region') : undefined;
  if (typeof region === 'function') {
    try {
      region = await (region as () => unknown)();
    } catch {
      // A client without a region says so itself when it makes its own request.
      return undefined;
    }
  }
  return typeof region === 'string' && REGION.pattern.test(region) ? region : undefined;
}

interface RegionRules {
  readonly partition: string;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
}

/**
 * The calling client's region, else the configured one, else the default of the role's partition, which `warn`
 * is told of.
 * @throws OptionError `conflicting_options` where the region in turn is of another partition than the role.
 */
export function regionInEffect(
  configuration: RegionRules,
  callers: string | undefined,
  warn: (message: string) => void,
): string {
  const { partition, region, endpoint } = configuration;
  if (callers !== undefined) return ofPartition(callers, partition, "The calling client's region");
  if (region !== undefined)
    return ofPartition(region, partition, 'The region of AWS_REGION or AWS_DEFAULT_REGION');
  const { defaultRegion } = partitionNamed(partition);
  if (endpoint === undefined) {
    warn(
      `No region is known: the token service of ${defaultRegion}, the default of the partition ${partition}, is asked. ` +
        'Pass `region` or set AWS_REGION.',
    );
  }
  return defaultRegion;
}

function ofPartition(region: string, partition: string, from: string): string {
  const { name } = partitionOfRegion(region);
  if (name === partition) return region;
  throw new OptionError(
    'conflicting_options',
    'region',
    VARIABLES[0],
    `${from} is ${region}, in the partition ${name}; the role is in ${partition}. ` +
      `A token is not sent to another partition than the role's: pass a \`region\` of ${partition}, such as ${partitionNamed(partition).defaultRegion}.`,
  );
}
