/** Partitions, and what a host name says of its region. Endpoint names are those of the SDKs' own resolver. */

export type Partition =
  'aws' | 'aws-cn' | 'aws-us-gov' | 'aws-eusc' | 'aws-iso' | 'aws-iso-b' | 'aws-iso-e' | 'aws-iso-f';

/** Where a request was sent, as far as its Host header tells. */
export interface Place {
  readonly region: string;
  readonly partition: Partition;
}

const SUFFIXES: readonly (readonly [suffix: string, dualStack: string, partition: Partition])[] = [
  ['amazonaws.com.cn', 'api.amazonwebservices.com.cn', 'aws-cn'],
  ['amazonaws.eu', 'api.amazonwebservices.eu', 'aws-eusc'],
  ['c2s.ic.gov', 'api.aws.ic.gov', 'aws-iso'],
  ['sc2s.sgov.gov', 'api.aws.scloud', 'aws-iso-b'],
  ['cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk', 'aws-iso-e'],
  ['csp.hci.ic.gov', 'api.aws.hci.ic.gov', 'aws-iso-f'],
  ['amazonaws.com', 'api.aws', 'aws'],
];

const REGION_PREFIXES: readonly (readonly [prefix: string, partition: Partition])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['eusc-', 'aws-eusc'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
];

export const partitionOfRegion = (region: string): Partition =>
  REGION_PREFIXES.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';

const withoutPort = (host: string): string => host.toLowerCase().replace(/:\d+$/, '');

/** The region that a real STS name stands for; undefined for any other host, loopback above all. */
export function stsPlace(hostHeader: string): Place | undefined {
  const host = withoutPort(hostHeader);
  // The global endpoint is served from, and signed for, us-east-1.
  if (host === 'sts.amazonaws.com') return { region: 'us-east-1', partition: 'aws' };
  const [, region, suffix] = /^sts(?:-fips)?\.([a-z0-9-]+)\.(.+)$/.exec(host) ?? [];
  if (region === undefined || suffix === undefined) return undefined;
  const known = SUFFIXES.find(([plain, dualStack]) => suffix === plain || suffix === dualStack);
  if (known === undefined) return undefined;
  const partition = known[2] === 'aws' ? partitionOfRegion(region) : known[2];
  // China has no region under amazonaws.com: such a name doesn't resolve.
  return known[2] === 'aws' && !['aws', 'aws-us-gov'].includes(partition) ? undefined : { region, partition };
}

export interface S3Place {
  /** The bucket of a virtual-hosted-style name; undefined: it is in the path. */
  readonly bucket: string | undefined;
  /** Undefined for the global name and for hosts that aren't Amazon's. */
  readonly region: string | undefined;
}

export function s3Place(hostHeader: string): S3Place {
  const host = withoutPort(hostHeader);
  const name =
    /^(?:(.+)\.)?s3(?:-fips)?(?:\.dualstack)?(?:[.-]([a-z]{2,4}(?:-[a-z]+)+-\d+))?\.amazonaws\.(?:com|com\.cn|eu)$/;
  const amazon = name.exec(host);
  if (amazon !== null) return { bucket: amazon[1], region: amazon[2] };
  // What an SDK makes of a bucket and a custom endpoint on this machine.
  return { bucket: /^(.+)\.localhost$/.exec(host)?.[1], region: undefined };
}
