/** `@credex/aws/dsql`: passwords for Amazon Aurora DSQL. */

import type { PasswordFunction } from '@credex/core';
import { optionNames, optionalBoolean } from '@credex/core/internal';
import type { AwsPasswordOptions } from './password.js';
import { passwordFunction, passwordOptions, requiredHostname, signingRegion } from './password.js';

export type { AwsPasswordOptions, AwsSigningCredentials, AwsSigningIdentity } from './password.js';

export interface DsqlPasswordOptions extends AwsPasswordOptions {
  /** The endpoint of the cluster, such as `iabtu4mh6k3zqy.dsql.us-east-1.on.aws`. */
  readonly hostname: string;
  /** For the user `admin`, which needs `dsql:DbConnectAdmin`. Default: false, for any other user, with `dsql:DbConnect`. */
  readonly admin?: boolean | undefined;
}

const OWN = optionNames<Pick<DsqlPasswordOptions, 'hostname' | 'admin'>>({ hostname: true, admin: true });

/**
 * Passwords for Aurora DSQL. Each call signs a new one, without a request; it lasts 15 minutes (less where the session ends
 * before), which is the time to connect. DSQL ends a connection after 60 minutes. The same bytes as `@aws-sdk/dsql-signer`
 * returns.
 *
 * @example
 * import { dsqlPassword } from '@credex/aws/dsql';
 *
 * const host = 'iabtu4mh6k3zqy.dsql.us-east-1.on.aws';
 * const password = dsqlPassword({ hostname: host, admin: true, roleArn });
 * const pool = new Pool({ host, user: 'admin', database: 'postgres', password, ssl: true });
 *
 * @throws OptionError at once, for an option that is missing, malformed, unknown or in conflict with another
 * @throws FederationError from a call, where there is no credential to sign with
 * @see https://docs.aws.amazon.com/aurora-dsql/latest/userguide/SECTION_authentication-token.html
 */
export function dsqlPassword(given: DsqlPasswordOptions): PasswordFunction {
  const options = passwordOptions('dsqlPassword', given, OWN);
  const host = requiredHostname(options.hostname);
  const admin = optionalBoolean({ option: 'admin' }, options.admin) ?? false;
  const target = {
    service: 'dsql',
    host,
    parameters: { Action: admin ? 'DbConnectAdmin' : 'DbConnect' },
    region: signingRegion(options.region, host),
  };
  return passwordFunction(target, options, OWN);
}
