/** An answer of STS as it came over HTTP: the credential that it brings, or none. */

import type { HttpResponse, ExchangeResult } from '@credex/core/internal';
import { serverDate } from '@credex/core/internal';
import type { AwsSessionCredentials } from './types.js';
import type { AwsConfiguration } from './options.js';
import { longestSessionMs } from './options.js';
import type { RequestedSession } from './parse-sts-response.js';
import { parseStsResponse } from './parse-sts-response.js';
import { stsResultOf } from './sts-body.js';

/** @throws RefusedAnswer, UnreadableAnswer */
export function issuedBy(
  answer: HttpResponse,
  configuration: AwsConfiguration,
  subject: string | undefined,
): ExchangeResult<AwsSessionCredentials> {
  if (answer.status < 200 || answer.status > 299) throw new RefusedAnswer(answer);
  return {
    credential: parseStsResponse(stsResultOf(answer.body), requestedSession(configuration, subject)),
    serverDate: serverDate(answer.headers),
    maxLifetimeMs: longestSessionMs(configuration),
  };
}

/** `undefined` where code accepts a response about any role. */
export function requestedSession(
  { roleArn, allowUnboundResponse }: AwsConfiguration,
  subject: string | undefined,
): RequestedSession | undefined {
  return allowUnboundResponse ? undefined : { roleArn, subject };
}

/**
 * Thrown by an exchanger that has the answer in hand. The answer is hidden from `util.inspect` and JSON: it may
 * repeat what was sent.
 */
export class RefusedAnswer extends Error {
  override readonly name = 'RefusedAnswer';
  declare readonly answer: HttpResponse;

  constructor(answer: HttpResponse) {
    super(`STS answered with HTTP status ${answer.status}.`);
    Object.defineProperty(this, 'answer', { value: answer });
  }
}
