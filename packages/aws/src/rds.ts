/** `@credex/aws/rds`: passwords of IAM database authentication for Amazon RDS and Aurora. */

import type { PasswordFunction } from '@credex/core';
import { optionNames } from '@credex/core/internal';
import type { AwsPasswordOptions } from './password.js';
import {
  passwordFunction,
  passwordOptions,
  requiredHostname,
  requiredPort,
  requiredUser,
  signingRegion,
} from './password.js';

export type { AwsPasswordOptions, AwsSigningCredentials, AwsSigningIdentity } from './password.js';

export interface RdsPasswordOptions extends AwsPasswordOptions {
  /** The endpoint of the instance, cluster or proxy, as AWS shows it. Another name for it (a CNAME) is refused by RDS. */
  readonly hostname: string;
  /** The port that the client connects to, 1 to 65,535: it is signed. */
  readonly port: number;
  /** The database user: with the role `rds_iam` (PostgreSQL), or identified by `AWSAuthenticationPlugin` (MySQL, MariaDB). */
  readonly username: string;
}

const OWN = optionNames<Pick<RdsPasswordOptions, 'hostname' | 'port' | 'username'>>({
  hostname: true,
  port: true,
  username: true,
});

/**
 * Passwords of IAM database authentication. Each call signs a new one, without a request; it lasts 15 minutes (less where
 * the session ends before), which is the time to connect: an open connection goes on. The same bytes as
 * `@aws-sdk/rds-signer` returns.
 *
 * The connection must use TLS, and the role needs `rds-db:connect` on the database user.
 *
 * @example
 * import { rdsPassword } from '@credex/aws/rds';
 *
 * const hostname = 'shop.cluster-c9akciq32rgt.eu-west-1.rds.amazonaws.com';
 * const password = rdsPassword({ hostname, port: 5432, username: 'shop', roleArn });
 * const pool = new Pool({ host: hostname, port: 5432, user: 'shop', database: 'shop', password, ssl: { ca } });
 *
 * @throws OptionError at once, for an option that is missing, malformed, unknown or in conflict with another
 * @throws FederationError from a call, where there is no credential to sign with
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 */
export function rdsPassword(given: RdsPasswordOptions): PasswordFunction {
  const options = passwordOptions('rdsPassword', given, OWN);
  const hostname = requiredHostname(options.hostname);
  const target = {
    service: 'rds-db',
    host: `${hostname}:${requiredPort(options.port)}`,
    parameters: { Action: 'connect', DBUser: requiredUser('username', options.username) },
    region: signingRegion(options.region, hostname),
  };
  return passwordFunction(target, options, OWN);
}
