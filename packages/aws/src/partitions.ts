/**
 * The partitions of AWS: what a role ARN may name, which regions belong to it, and under which DNS names its
 * token service lives. From the AWS SDKs' partitions.json.
 */

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

export interface StsEndpointFlags {
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
