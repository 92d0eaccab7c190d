/** `credex dev` with AWS: STS and S3. */

import type { AwsEntry } from '@credex/config';
import type { TrustRequest } from '../../setup/trust-request.js';
import { trustOfEntry } from '../../setup/trust-request.js';
import type { CloudDev, Variables } from '../cloud.js';
import { trustPolicy } from './setup.js';

const DOMAIN = String.raw`\.amazonaws\.(?:com|com\.cn|eu)`;

export const dev: CloudDev<AwsEntry> = {
  title: 'AWS',
  hosts: {
    'aws-sts': String.raw`sts(?:-fips)?(?:\.[a-z0-9-]+)?(?:${DOMAIN}|\.api\.aws)`,
    'aws-s3': String.raw`(?:.+\.)?s3(?:-fips)?(?:\.dualstack)?(?:[.-][a-z0-9-]+)?${DOMAIN}`,
  },
  domains: ['.amazonaws.com', '.amazonaws.com.cn', '.amazonaws.eu', '.api.aws'],
  endpoints: (url) => ({
    AWS_ENDPOINT_URL_STS: url('aws-sts'),
    AWS_ENDPOINT_URL_S3: url('aws-s3'),
  }),
  databases: {
    postgres(variables) {
      const region = usualRegion(variables);
      return !region ? undefined : { check: { cloud: 'aws', region }, user: 'app' };
    },
    redis(variables) {
      const region = usualRegion(variables);
      return !region ? undefined : { check: { cloud: 'aws', region, cacheName: 'dev' }, user: 'app' };
    },
  },
  advice:
    'STS and S3 are emulated. S3Client needs no change; set `forcePathStyle: true` only with an `endpoint` that is a name. Other services refuse the session, which is valid only here.',
  seed(entries, trust, storage) {
    const roles = new Map(entries.map((entry) => [entry.roleArn, entry]));
    return {
      aws: {
        identityProviders: identityProviders(entries, trust),
        roles: Array.from(roles.values(), (entry) => ({
          arn: entry.roleArn,
          trustPolicy: trustPolicy(trustOf(trust, entry), partsOf(entry)),
          policies: [
            { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] },
          ],
        })),
        buckets: entries
          .slice(0, 1)
          .map((entry) => ({ name: storage, accountId: partsOf(entry).accountId, region: regionOf(entry) })),
      },
    };
  },
};

const usualRegion = ({ AWS_REGION, AWS_DEFAULT_REGION }: Variables): string | undefined =>
  AWS_REGION || AWS_DEFAULT_REGION;

const trustOf = (trust: TrustRequest, entry: AwsEntry): TrustRequest =>
  trustOfEntry(trust, entry, 'sts.amazonaws.com');

/** An account has one identity provider for each issuer, with all audiences. */
function identityProviders(entries: readonly AwsEntry[], trust: TrustRequest) {
  const audiences = new Map<string, Set<string>>();
  for (const entry of entries) {
    const { accountId } = partsOf(entry);
    audiences.set(accountId, (audiences.get(accountId) ?? new Set()).add(trustOf(trust, entry).audience));
  }
  return Array.from(audiences, ([accountId, ids]) =>
    trust.issuers.map(({ url }) => ({ accountId, url, clientIds: [...ids] })),
  ).flat();
}

function partsOf({ roleArn }: AwsEntry): { readonly partition: string; readonly accountId: string } {
  const [, partition = 'aws', , , accountId = ''] = roleArn.split(':');
  return { partition, accountId };
}

const DEFAULT_REGIONS: Readonly<Record<string, string>> = {
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
};

const regionOf = (entry: AwsEntry): string =>
  entry.region ?? DEFAULT_REGIONS[partsOf(entry).partition] ?? 'us-east-1';
