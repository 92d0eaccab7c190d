/** AssumeRole as one signed POST with the same fields as `@aws-sdk/client-sts` sends. It needs no package. */

import type { ExchangeContext, ExchangeResult } from '@credex/core/internal';
import { ResponseError, serverDate } from '@credex/core/internal';
import { FORM, encodedForm, stsUrl } from './direct-exchange.js';
import { parseStsResponse } from './parse-sts-response.js';
import { signedHeaders } from './sigv4.js';
import type { AwsHop, AwsHopRequest, AwsSessionCredentials } from './types.js';

/** STS accepts a signature whose time is off by less than this. */
const TOLERANCE_MS = 4 * 60_000;

export async function assumeRole(
  { hop, region, keys, at }: AwsHopRequest,
  context: ExchangeContext,
): Promise<ExchangeResult<AwsSessionCredentials>> {
  const url = stsUrl(hop, region);
  const body = formOf(hop);
  const send = async (
    signedAt: number,
    signal: AbortSignal,
  ): Promise<ExchangeResult<AwsSessionCredentials>> => {
    const headers = await signedHeaders(url.host, FORM, body, keys, { region, service: 'sts', at: signedAt });
    return parseStsResponse(await context.post(url, { headers, body, signal }), hop, undefined, 'AssumeRole');
  };
  return context.step(url.host, async (signal) => {
    try {
      return await send(at, signal);
    } catch (error) {
      // The clock of this machine is wrong: the response says the time.
      const date = dateOfRefusal(error);
      if (date === undefined || Math.abs(date - at) < TOLERANCE_MS) throw error;
      return send(date, signal);
    }
  });
}

/** The server's clock, where it refused the time of the signature. */
function dateOfRefusal(error: unknown): number | undefined {
  if (!ResponseError.isInstance(error) || !error.response.body.includes('SignatureDoesNotMatch'))
    return undefined;
  return serverDate(error.response.headers);
}

/** In the order in which the AWS SDK writes it. */
function formOf(hop: AwsHop): string {
  const optional = (name: string, value: string | number | undefined): (readonly [string, string])[] =>
    value === undefined ? [] : [[name, String(value)]];
  return encodedForm([
    ['Action', 'AssumeRole'],
    ['Version', '2011-06-15'],
    ['RoleArn', hop.roleArn],
    ['RoleSessionName', hop.roleSessionName],
    ...hop.policyArns.map((arn, at): [string, string] => [`PolicyArns.member.${at + 1}.arn`, arn]),
    ...optional('Policy', hop.policy),
    ...optional('DurationSeconds', hop.durationSeconds),
    ...hop.tags.flatMap(([key, value], at): [string, string][] => [
      [`Tags.member.${at + 1}.Key`, key],
      [`Tags.member.${at + 1}.Value`, value],
    ]),
    ...hop.transitiveTagKeys.map((key, at): [string, string] => [`TransitiveTagKeys.member.${at + 1}`, key]),
    ...optional('ExternalId', hop.externalId),
    ...optional('SourceIdentity', hop.sourceIdentity),
  ]);
}
