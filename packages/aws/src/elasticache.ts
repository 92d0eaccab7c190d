/** `@credex/aws/elasticache`: passwords of IAM authentication for Amazon ElastiCache and MemoryDB. */

import type { PasswordFunction } from '@credex/core';
import type { Grammar } from '@credex/core/internal';
import { optionNames, optionalBoolean, requiredString } from '@credex/core/internal';
import type { AwsPasswordOptions } from './password.js';
import { passwordFunction, passwordOptions, requiredUser, signingRegion } from './password.js';

export type { AwsPasswordOptions, AwsSigningCredentials, AwsSigningIdentity } from './password.js';

export interface ElastiCachePasswordOptions extends AwsPasswordOptions {
  /** The name of the serverless cache, or the id of the replication group: not the endpoint. It is signed in lower case. */
  readonly cacheName: string;
  /** The id of the user, which must be its name too. */
  readonly userId: string;
  /** Whether the cache is serverless. Default: false, for a replication group. */
  readonly serverless?: boolean | undefined;
}

export interface MemoryDbPasswordOptions extends AwsPasswordOptions {
  /** The name of the cluster: not the endpoint. It is signed in lower case. */
  readonly clusterName: string;
  /** The name of the user. */
  readonly userName: string;
}

const CACHE_NAME: Grammar = {
  pattern: /^[A-Za-z](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,62}$/,
  says: 'the name of the cache or cluster, of 1 to 63 letters, digits and hyphens, not its endpoint',
};

const OF_CACHE = optionNames<Pick<ElastiCachePasswordOptions, 'cacheName' | 'userId' | 'serverless'>>({
  cacheName: true,
  userId: true,
  serverless: true,
});
const OF_MEMORYDB = optionNames<Pick<MemoryDbPasswordOptions, 'clusterName' | 'userName'>>({
  clusterName: true,
  userName: true,
});

/**
 * Passwords of IAM authentication for ElastiCache (Valkey, Redis OSS). Each call signs a new one, without a request; it
 * lasts 15 minutes (less where the session ends before), which is the time to authenticate. ElastiCache ends a connection
 * 12 hours later, unless it authenticates again (`AUTH`, which is not allowed inside `MULTI`).
 *
 * The connection must use TLS, and the role needs `elasticache:Connect` on the cache and on the user.
 *
 * @example
 * import { elastiCachePassword } from '@credex/aws/elasticache';
 *
 * const password = elastiCachePassword({ cacheName: 'shop', userId: 'shop-app', serverless: true, region, roleArn });
 *
 * @throws OptionError at once, for an option that is missing, malformed, unknown or in conflict with another
 * @throws FederationError from a call, where there is no credential to sign with
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
 */
export function elastiCachePassword(given: ElastiCachePasswordOptions): PasswordFunction {
  const options = passwordOptions('elastiCachePassword', given, OF_CACHE);
  const serverless = optionalBoolean({ option: 'serverless' }, options.serverless) ?? false;
  const target = {
    service: 'elasticache',
    host: requiredString({ option: 'cacheName' }, options.cacheName, CACHE_NAME).toLowerCase(),
    parameters: {
      Action: 'connect',
      User: requiredUser('userId', options.userId),
      ...(serverless ? { ResourceType: 'ServerlessCache' } : {}),
    },
    region: signingRegion(options.region),
  };
  return passwordFunction(target, options, OF_CACHE);
}

/**
 * The same for MemoryDB. The role needs `memorydb:connect` on the cluster and on the user.
 *
 * @example
 * import { memoryDbPassword } from '@credex/aws/elasticache';
 *
 * const password = memoryDbPassword({ clusterName: 'shop', userName: 'shop-app', region, roleArn });
 *
 * @throws OptionError at once, for an option that is missing, malformed, unknown or in conflict with another
 * @throws FederationError from a call, where there is no credential to sign with
 * @see https://docs.aws.amazon.com/memorydb/latest/devguide/auth-iam.html
 */
export function memoryDbPassword(given: MemoryDbPasswordOptions): PasswordFunction {
  const options = passwordOptions('memoryDbPassword', given, OF_MEMORYDB);
  const target = {
    service: 'memorydb',
    host: requiredString({ option: 'clusterName' }, options.clusterName, CACHE_NAME).toLowerCase(),
    parameters: { Action: 'connect', User: requiredUser('userName', options.userName) },
    region: signingRegion(options.region),
  };
  return passwordFunction(target, options, OF_MEMORYDB);
}
