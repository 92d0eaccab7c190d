/** The exchange by one POST of our own, in the words of the AWS SDK: no package, nothing to load. */

import type { ExchangeContext, Exchanger, ExchangeResult } from '@credex/core/internal';
import { httpsUrl } from '@credex/core/internal';
import type { AwsSessionCredentials } from './types.js';
import type { AwsRequest } from './aws-exchanger.js';
import { awsExchanger } from './aws-exchanger.js';
import type { AwsConfiguration } from './options.js';
import { stsHost } from './partitions.js';
import { issuedBy } from './sts-answer.js';

export function directExchanger(
  configuration: AwsConfiguration,
): Exchanger<AwsSessionCredentials, AwsRequest> {
  return awsExchanger(configuration, (request, context) => directExchange(configuration, request, context));
}

async function directExchange(
  configuration: AwsConfiguration,
  { region }: AwsRequest,
  context: ExchangeContext,
): Promise<ExchangeResult<AwsSessionCredentials>> {
  const url = stsUrl(configuration, region);
  const { jwt, claims } = await context.subject();
  const body = formOf(configuration, jwt);
  return context.step(url.host, async (signal) => {
    const answer = await context.post(url, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
      signal,
    });
    return issuedBy(answer, configuration, claims.sub);
  });
}

function stsUrl(configuration: AwsConfiguration, region: string): URL {
  const { endpoint, partition } = configuration;
  return endpoint === undefined
    ? httpsUrl({ host: stsHost(partition, region, configuration) })
    : new URL(endpoint);
}

/** AssumeRoleWithWebIdentity in the Query protocol, in the order in which the AWS SDK writes it. */
function formOf(configuration: AwsConfiguration, jwt: string): string {
  const { roleArn, roleSessionName, policyArns, policy, durationSeconds } = configuration;
  const fields: readonly (readonly [name: string, value: string])[] = [
    ['Action', 'AssumeRoleWithWebIdentity'],
    ['Version', '2011-06-15'],
    ['RoleArn', roleArn],
    ['RoleSessionName', roleSessionName],
    ['WebIdentityToken', jwt],
    ...policyArns.map((arn, at): [string, string] => [`PolicyArns.member.${at + 1}.arn`, arn]),
    ...(policy === undefined ? [] : [['Policy', policy] as const]),
    ...(durationSeconds === undefined ? [] : [['DurationSeconds', String(durationSeconds)] as const]),
  ];
  return fields.map(([name, value]) => `${name}=${percentEncoded(value)}`).join('&');
}

/** RFC 3986: `encodeURIComponent` leaves five of its reserved characters. */
function percentEncoded(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
