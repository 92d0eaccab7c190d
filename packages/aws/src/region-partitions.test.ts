import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { awsConfiguration } from './options.js';
import { ROLE } from './aws.fixture.js';
import { partitionNamed, partitionOfRegion, stsHost } from './region.js';

interface SdkPartition {
  readonly id: string;
  readonly regions: Readonly<Record<string, unknown>>;
  readonly regionRegex: string;
  readonly outputs: {
    readonly implicitGlobalRegion: string;
    readonly dnsSuffix: string;
    readonly dualStackDnsSuffix: string;
  };
}

/** The installed SDK's own table, which it exports nowhere: a module that is one JSON text but for its first words. */
function sdkPartitions(): readonly SdkPartition[] {
  const sts = fileURLToPath(import.meta.resolve('@aws-sdk/client-sts'));
  const scope = sts.slice(0, sts.lastIndexOf('client-sts'));
  const table = join(scope, 'core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js');
  const json = readFileSync(table, 'utf8').replace(/^export const partitionsInfo = |;\s*$/g, '');
  return (JSON.parse(json) as { readonly partitions: readonly SdkPartition[] }).partitions;
}

/** Names that a partition's pattern lets in and its list need not have. */
function spelt(regionRegex: string): string[] {
  const written = regionRegex.replace(/^\^|\$$/g, '').replaceAll('\\-', '-');
  const [, choice = ''] = /\(([^)]*)\)/.exec(written) ?? [];
  const names = choice
    .split('|')
    .flatMap((one) =>
      ['north', 'southeast'].map((where) => written.replace(/\([^)]*\)/, one).replace('\\w+', where)),
    );
  return names.map((name) => name.replace('\\d+', '77'));
}

/** Regions that only a request to no region at all has: no role is assumed there, and no option may name one. */
const PSEUDO_REGION = /^aws-.*global$/;

describe('against the partitions and endpoint rules of the installed @aws-sdk/client-sts', () => {
  const partitions = sdkPartitions();
  const resolve = new STSClient({ region: 'us-east-1' }).config.endpointProvider;
  const resolved = (Region: string, flags: object): string =>
    resolve({ Region, UseFIPS: false, UseDualStack: false, UseGlobalEndpoint: false, ...flags }).url.href;

  it('every partition is known, with its default region and its DNS names', () => {
    expect(partitions.length).toBeGreaterThanOrEqual(8);
    for (const { id, outputs } of partitions) {
      const { defaultRegion, dnsSuffix, dualStackDnsSuffix } = partitionNamed(id);
      expect({ defaultRegion, dnsSuffix, dualStackDnsSuffix }).toEqual({
        defaultRegion: outputs.implicitGlobalRegion,
        dnsSuffix: outputs.dnsSuffix,
        dualStackDnsSuffix: outputs.dualStackDnsSuffix,
      });
    }
  });

  /** Of each partition: what is listed, and what only its pattern lets in; then names of no partition, and near misses. */
  const regionsOf = ({ regions, regionRegex }: SdkPartition): string[] => [
    ...Object.keys(regions),
    ...spelt(regionRegex),
  ];
  const STRANGERS = [
    'xx-north-9',
    'us-east-0',
    'eusc-fr-east-1',
    'eusc-de-south-9',
    'us-isox-east-1',
    'cn-east',
  ];
  const BOTH = [false, true] as const;

  it('every region, with and without FIPS and dual-stack, has the same host in the same partition', () => {
    const regions = [...partitions.flatMap(regionsOf), ...STRANGERS];
    const ours: Record<string, string> = {};
    const theirs: Record<string, string> = {};
    for (const region of regions.filter((name) => !PSEUDO_REGION.test(name))) {
      for (const useFipsEndpoint of BOTH) {
        for (const useDualstackEndpoint of BOTH) {
          const name = `${region}${useFipsEndpoint ? ' FIPS' : ''}${useDualstackEndpoint ? ' dual-stack' : ''}`;
          theirs[name] = resolved(region, { UseFIPS: useFipsEndpoint, UseDualStack: useDualstackEndpoint });
          const partition = partitionOfRegion(region).name;
          ours[name] = `https://${stsHost(partition, region, { useFipsEndpoint, useDualstackEndpoint })}/`;
        }
      }
    }
    expect(Object.keys(ours).length).toBeGreaterThan(4 * 60);
    expect(ours).toEqual(theirs);
  });

  it('every region of a partition is known as one of it', () => {
    for (const partition of partitions) {
      for (const region of regionsOf(partition).filter((name) => !PSEUDO_REGION.test(name)))
        expect(partitionOfRegion(region).name, region).toBe(partition.id);
    }
  });

  it('where the SDK would ask the global endpoint of old, ours is that of the region', () => {
    const regions = partitions.flatMap(regionsOf);
    const moved = regions.filter((region) =>
      BOTH.some((UseFIPS) =>
        BOTH.some((UseDualStack) => {
          const flags = { UseFIPS, UseDualStack };
          const global = resolved(region, { ...flags, UseGlobalEndpoint: true });
          if (global === resolved(region, flags)) return false;
          expect({ ...flags, global }).toEqual({
            UseFIPS: false,
            UseDualStack: false,
            global: 'https://sts.amazonaws.com/',
          });
          return true;
        }),
      ),
    );
    // A choice that is left out, not a difference: no option asks for it.
    expect(moved.every((region) => partitionOfRegion(region).name === 'aws')).toBe(true);
    expect(moved).toContain('us-east-1');
    expect(moved).not.toContain('eu-central-2');
  });

  it('a region of no place is no region of ours', () => {
    const pseudo = partitions
      .flatMap(({ regions }) => Object.keys(regions))
      .filter((name) => PSEUDO_REGION.test(name));
    expect(pseudo.length).toBeGreaterThanOrEqual(7);
    for (const region of pseudo)
      expect(() => awsConfiguration({ roleArn: ROLE, region }), region).toThrow('a region of AWS');
  });

  it.each(['UseFIPS', 'UseDualStack'] as const)(
    'an endpoint together with %s is refused there as well',
    (flag) => {
      const given = { Region: 'us-east-1', Endpoint: 'https://sts.example.com', UseGlobalEndpoint: false };
      expect(() => resolve({ ...given, UseFIPS: false, UseDualStack: false, [flag]: true })).toThrow(
        'custom endpoint are not supported',
      );
    },
  );
});
