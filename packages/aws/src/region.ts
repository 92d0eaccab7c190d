/**
 * The partitions of AWS, and the region whose token service receives the request. A credential is valid in every region of
 * its partition, so the region is not part of the cache key. It decides where the subject token goes, so it is never
 * guessed across partitions.
 */

import { OptionError } from '@credex/core/internal';
import type { Grammar } from '@credex/core/internal';
import { memberOf, optionalString } from '@credex/core/internal';

/** Which regions belong to a partition, and the DNS names of its token service. From the AWS SDKs' partitions.json. */
export interface AwsPartition {
  /** As in an ARN: `aws`, `aws-cn`. */
  readonly name: string;
  readonly defaultRegion: string;
  readonly regions: RegExp;
  readonly dnsSuffix: string;
  readonly dualStackDnsSuffix: string;
}

const COMMERCIAL: AwsPartition = {
  name: 'aws',
  defaultRegion: 'us-east-1',
  regions: /^(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/,
  dnsSuffix: 'amazonaws.com',
  dualStackDnsSuffix: 'api.aws',
};

const PARTITIONS: readonly AwsPartition[] = [
  COMMERCIAL,
  {
    name: 'aws-cn',
    defaultRegion: 'cn-northwest-1',
    regions: /^cn-[a-z]+-\d+$/,
    dnsSuffix: 'amazonaws.com.cn',
    dualStackDnsSuffix: 'api.amazonwebservices.com.cn',
  },
  {
    name: 'aws-us-gov',
    defaultRegion: 'us-gov-west-1',
    regions: /^us-gov-[a-z]+-\d+$/,
    dnsSuffix: 'amazonaws.com',
    dualStackDnsSuffix: 'api.aws',
  },
  {
    name: 'aws-eusc',
    defaultRegion: 'eusc-de-east-1',
    regions: /^eusc-de-[a-z]+-\d+$/,
    dnsSuffix: 'amazonaws.eu',
    dualStackDnsSuffix: 'api.amazonwebservices.eu',
  },
  {
    name: 'aws-iso',
    defaultRegion: 'us-iso-east-1',
    regions: /^us-iso-[a-z]+-\d+$/,
    dnsSuffix: 'c2s.ic.gov',
    dualStackDnsSuffix: 'api.aws.ic.gov',
  },
  {
    name: 'aws-iso-b',
    defaultRegion: 'us-isob-east-1',
    regions: /^us-isob-[a-z]+-\d+$/,
    dnsSuffix: 'sc2s.sgov.gov',
    dualStackDnsSuffix: 'api.aws.scloud',
  },
  {
    name: 'aws-iso-e',
    defaultRegion: 'eu-isoe-west-1',
    regions: /^eu-isoe-[a-z]+-\d+$/,
    dnsSuffix: 'cloud.adc-e.uk',
    dualStackDnsSuffix: 'api.cloud-aws.adc-e.uk',
  },
  {
    name: 'aws-iso-f',
    defaultRegion: 'us-isof-south-1',
    regions: /^us-isof-[a-z]+-\d+$/,
    dnsSuffix: 'csp.hci.ic.gov',
    dualStackDnsSuffix: 'api.aws.hci.ic.gov',
  },
];

export const PARTITION_NAMES: readonly string[] = PARTITIONS.map(({ name }) => name);

/** @throws RangeError for a name that is not in the table; an ARN's grammar lets only those through. */
export function partitionNamed(name: string): AwsPartition {
  const found = PARTITIONS.find((partition) => partition.name === name);
  if (found === undefined) throw new RangeError('There is no such partition of AWS.');
  return found;
}

/** The partition that a region belongs to. A region newer than this table falls to `aws`, as in the SDKs. */
export function partitionOfRegion(region: string): AwsPartition {
  return PARTITIONS.find(({ regions }) => regions.test(region)) ?? COMMERCIAL;
}

interface StsEndpointFlags {
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
}

/**
 * The host of a region's token service, by the rules of the AWS SDKs for STS. Every partition of the table has FIPS
 * and dual-stack endpoints, so no combination is refused here; `endpoint` together with either is refused with the options.
 */
export function stsHost(partition: string, region: string, flags: StsEndpointFlags): string {
  const { name, dnsSuffix, dualStackDnsSuffix } = partitionNamed(partition);
  const suffix = flags.useDualstackEndpoint ? dualStackDnsSuffix : dnsSuffix;
  // GovCloud's plain endpoints are its FIPS endpoints.
  const plain = !flags.useFipsEndpoint || (name === 'aws-us-gov' && !flags.useDualstackEndpoint);
  return `${plain ? 'sts' : 'sts-fips'}.${region}.${suffix}`;
}

export const REGION_VARIABLES = ['AWS_REGION', 'AWS_DEFAULT_REGION'] as const;

/** Stricter than a host label: `auto`, `local` or `aws-global` name no regional token service. */
export const REGION: Grammar = {
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
  const region = optionalString({ option: 'region', environmentVariable: REGION_VARIABLES }, value, REGION);
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
    REGION_VARIABLES[0],
    `${from} is ${region}, in the partition ${name}; the role is in ${partition}. ` +
      `A token is not sent to another partition than the role's: pass a \`region\` of ${partition}, such as ${partitionNamed(partition).defaultRegion}.`,
  );
}
