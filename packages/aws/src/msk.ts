/** `@credex/aws/msk`: tokens of IAM access control for Amazon MSK (SASL/OAUTHBEARER). */

import type { PasswordFunction } from '@credex/core';
import { passwordFunction, passwordOptions, signingRegion } from './password.js';
import type { AwsPasswordOptions } from './password.js';

export type { AwsPasswordOptions, AwsSigningCredentials, AwsSigningIdentity } from './password.js';

export type MskTokenOptions = AwsPasswordOptions;

/** Appended after the signature, as the official signers do: brokers log it. */
const USER_AGENT = 'credex';

/**
 * Tokens of IAM access control for Amazon MSK. Each call signs a new one, without a request; it lasts 15 minutes (less where
 * the session ends before). The same token as `aws-msk-iam-sasl-signer-js` returns, but for its `User-Agent`.
 *
 * The connection must use TLS, and the role needs `kafka-cluster:Connect` on the cluster.
 *
 * @example
 * import { mskToken } from '@credex/aws/msk';
 *
 * const token = mskToken({ region: 'eu-west-1', roleArn });
 * const sasl = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await token() }) };
 * const kafka = new Kafka({ brokers, ssl: true, sasl });
 *
 * @throws OptionError at once, for an option that is missing, malformed, unknown or in conflict with another
 * @throws FederationError from a call, where there is no credential to sign with
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control.html
 */
export function mskToken(given: MskTokenOptions = {}): PasswordFunction {
  const options = passwordOptions('mskToken', given, []);
  const region = signingRegion(options.region);
  const target = {
    service: 'kafka-cluster',
    host: `kafka.${region}.amazonaws.com`,
    parameters: { Action: 'kafka-cluster:Connect' },
    region,
  };
  return passwordFunction(target, options, [], encodedToken);
}

/** Base64url without padding. `User-Agent` stands where the official signer sorts it, after `Action`. */
function encodedToken(url: string): string {
  const at = url.indexOf('&X-Amz-Algorithm=');
  const text = `https://${url.slice(0, at)}&User-Agent=${USER_AGENT}${url.slice(at)}`;
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
