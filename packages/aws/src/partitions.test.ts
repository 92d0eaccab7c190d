import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { partitionNamed, partitionOfRegion, stsHost } from './partitions.js';

interface SdkPartition {
  readonly id: string;
  readonly regions: Readonly<Record<string, unknown>>;
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

/** Regions that only a request to no region at all has: no role is assumed there, and no option may name one. */
const PSEUDO_REGION = /^aws-.*global$/;

describe('against the partitions and endpoint rules of the installed @aws-sdk/client-sts', () => {
  const partitions = sdkPartitions();

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

  it('every region, with and without FIPS and dual-stack, has the same host', () => {
    const resolve = new STSClient({ region: 'us-east-1' }).config.endpointProvider;
    const ours: Record<string, string> = {};
    const theirs: Record<string, string> = {};
    for (const { id, regions } of partitions) {
      for (const region of Object.keys(regions).filter((name) => !PSEUDO_REGION.test(name))) {
        expect(partitionOfRegion(region).name, region).toBe(id);
        for (const useFipsEndpoint of [false, true]) {
          for (const useDualstackEndpoint of [false, true]) {
            const name = `${region}${useFipsEndpoint ? ' FIPS' : ''}${useDualstackEndpoint ? ' dual-stack' : ''}`;
            const { url } = resolve({
              Region: region,
              UseFIPS: useFipsEndpoint,
              UseDualStack: useDualstackEndpoint,
              UseGlobalEndpoint: false,
            });
            theirs[name] = url.href;
            ours[name] = `https://${stsHost(id, region, { useFipsEndpoint, useDualstackEndpoint })}/`;
          }
        }
      }
    }
    expect(Object.keys(ours).length).toBeGreaterThan(4 * 40);
    expect(ours).toEqual(theirs);
  });

  it('a region newer than the table is one of the partition aws', () => {
    const { url } = new STSClient({ region: 'us-east-1' }).config.endpointProvider({
      Region: 'xx-north-9',
      UseFIPS: false,
      UseDualStack: false,
      UseGlobalEndpoint: false,
    });
    const flags = { useFipsEndpoint: false, useDualstackEndpoint: false };
    expect(`https://${stsHost(partitionOfRegion('xx-north-9').name, 'xx-north-9', flags)}/`).toBe(url.href);
  });

  it.each(['UseFIPS', 'UseDualStack'] as const)('an endpoint beside %s is refused there as well', (flag) => {
    const resolve = new STSClient({ region: 'us-east-1' }).config.endpointProvider;
    const given = { Region: 'us-east-1', Endpoint: 'https://sts.example.com', UseGlobalEndpoint: false };
    expect(() => resolve({ ...given, UseFIPS: false, UseDualStack: false, [flag]: true })).toThrow(
      'custom endpoint are not supported',
    );
  });
});
