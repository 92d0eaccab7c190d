/** The exchange as one POST with the same fields as `@aws-sdk/client-sts` sends. It needs no package. */

import type { Exchanger } from '@credex/core/internal';
import { httpsUrl } from '@credex/core/internal';
import { awsExchanger } from './aws-exchanger.js';
import { parseStsResponse } from './parse-sts-response.js';
import { stsHost } from './region.js';
import { percentEncoded } from './sigv4.js';
import type { AwsConfiguration, AwsRequest, AwsSessionCredentials } from './types.js';

/** Without a charset, as the AWS SDK writes it. */
export const FORM = 'application/x-www-form-urlencoded';
const HEADERS = { 'content-type': FORM };

export function directExchanger(
  configuration: AwsConfiguration,
): Exchanger<AwsSessionCredentials, AwsRequest> {
  return awsExchanger(configuration, async ({ region }, context) => {
    const url = stsUrl(configuration, region);
    const { jwt, claims } = await context.subject();
    const body = formOf(configuration, jwt);
    return context.step(url.host, async (signal) =>
      parseStsResponse(
        await context.post(url, { headers: HEADERS, body, signal }),
        configuration,
        claims.sub,
      ),
    );
  });
}

export function stsUrl(configuration: AwsConfiguration, region: string): URL {
  const { endpoint, partition } = configuration;
  return endpoint === undefined
    ? httpsUrl({ host: stsHost(partition, region, configuration) })
    : new URL(endpoint);
}

/** AssumeRoleWithWebIdentity in the Query protocol, in the order in which the AWS SDK writes it. */
function formOf(configuration: AwsConfiguration, jwt: string): string {
  const { roleArn, roleSessionName, policyArns, policy, durationSeconds } = configuration;
  return encodedForm([
    ['Action', 'AssumeRoleWithWebIdentity'],
    ['Version', '2011-06-15'],
    ['RoleArn', roleArn],
    ['RoleSessionName', roleSessionName],
    ['WebIdentityToken', jwt],
    ...policyArns.map((arn, at): [string, string] => [`PolicyArns.member.${at + 1}.arn`, arn]),
    ...(policy === undefined ? [] : [['Policy', policy] as const]),
    ...(durationSeconds === undefined ? [] : [['DurationSeconds', String(durationSeconds)] as const]),
  ]);
}

export function encodedForm(fields: readonly (readonly [name: string, value: string])[]): string {
  return fields.map(([name, value]) => `${name}=${percentEncoded(value)}`).join('&');
}
