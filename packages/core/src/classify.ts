/**
 * What a failure of an exchange means: what the classifiers of all clouds have in common. A separate entry, so that it
 * is loaded with the first failure. Unversioned, like `@credex/core/internal`.
 */

import type {
  ErrorClass,
  FederationErrorCode,
  HttpResponse,
  PresentedToken,
  RetryAdvice,
} from './contract.js';
import { transportFailure, retryAfterMs } from './http/failure.js';
import { ResponseError } from './http/http.js';
import { cleanServerText } from './redact.js';

export { namedTokenError } from './token/source-error.js';

/** What the server says in a failed response. All of it is untrusted. */
export interface ServerError {
  readonly serverCode?: string | undefined;
  readonly serverMessage?: string | undefined;
  /** A delay that the body names, in milliseconds. The header `Retry-After` takes precedence. */
  readonly retryAfterMs?: number | undefined;
}

/** A failed response, as the rules of a cloud read it. */
export type FailedResponse<Said extends ServerError> = Said &
  Pick<ResponseError, 'fault' | 'step'> & {
    readonly status: number;
  };

/** What a failure means. */
export interface Meaning<Hint extends string> {
  readonly code: FederationErrorCode;
  readonly retry: RetryAdvice;
  readonly hint?: Hint | CommonHint | undefined;
  /** The most retries. Default: core's limit. */
  readonly retriesAtMost?: number | undefined;
  /** The issuer's keys could not be reached, or lack the key that the token names. */
  readonly suspectsToken?: boolean | undefined;
}

/** The hints that every cloud has: an untrusted certificate, an unknown host name, a redirect, an unreadable response. */
export type CommonHint = 'certificate' | 'name' | 'redirect' | 'unreadable';

/** What a hint can name. */
export interface HintFacts<Configuration> {
  readonly configuration: Configuration;
  readonly presented: PresentedToken | undefined;
  /** `undefined` if there was no response. */
  readonly failed?: FailedResponse<ServerError> | undefined;
}

/** The hints of a cloud and their names: the likely cause and the fix. A hint quotes no message of a server. */
export type HintTable<Hint extends string, Configuration> = Readonly<
  Record<Hint | CommonHint, (facts: HintFacts<Configuration>) => string>
>;

/**
 * Ends a hint that says how to extend a trust. In the same trust, a preview would get the rights of production.
 * @param trusting what the hint is about, such as `the role arn:aws:iam::123456789012:role/app`
 */
export function otherEnvironment(presented: PresentedToken | undefined, trusting: string): string {
  const { environment } = presented ?? {};
  // The claim is not verified, and a hint may be copied into a command.
  if (environment === undefined || environment === 'production' || !/^[\w-]{1,64}$/.test(environment))
    return '';
  return ` If ${trusting} is for production, change nothing there: create a separate one for the environment '${environment}'.`;
}

/** How one cloud reads its failed responses. */
export interface ErrorRules<Hint extends string, Said extends ServerError, Configuration> {
  readServerError(response: HttpResponse): Said;
  /** The meaning of the server's code and message; `undefined`: the status decides. */
  meaningOf(failed: FailedResponse<Said>): Meaning<Hint> | undefined;
  /** The meaning of a response that neither `meaningOf` nor the status explains. */
  otherwise(failed: FailedResponse<Said>): Meaning<Hint>;
  /** The meaning of an error of the exchanger that is not about a response. */
  meaningOfOther?(error: unknown): Meaning<Hint> | undefined;
  readonly hints: HintTable<Hint, Configuration>;
}

/** Classifies what an exchange threw. Never throws. */
export function classifyFailure<Hint extends string, Said extends ServerError, Configuration>(
  error: unknown,
  rules: ErrorRules<Hint, Said, Configuration>,
  facts: Omit<HintFacts<Configuration>, 'failed'>,
): ErrorClass {
  try {
    if (!ResponseError.isInstance(error))
      return classOf(rules.meaningOfOther?.(error) ?? withoutResponse(error), rules.hints, facts);
    const { response, step } = error;
    // It may quote the response.
    const fault = error.fault && cleanServerText(error.fault);
    const { status, headers } = response;
    // A successful body that did not parse is not quoted: it may contain a token.
    const said = fault === undefined ? rules.readServerError(response) : ({} as Said);
    const failed = { ...said, status, fault, step };
    const meaning =
      fault === undefined && (status < 200 || status > 299)
        ? (rules.meaningOf(failed) ?? meaningOfStatus(status) ?? rules.otherwise(failed))
        : UNREADABLE;
    const { serverCode, serverMessage } = failed;
    return {
      ...classOf(meaning, rules.hints, { ...facts, failed }),
      throttled: meaning.code === 'throttled',
      retryAfterMs: retryAfterMs(headers) ?? failed.retryAfterMs,
      status,
      serverCode,
      serverMessage,
    };
  } catch {
    // A property of the error threw when it was read.
    return { code: 'unknown', retry: 'never' };
  }
}

function classOf<Hint extends string, Configuration>(
  { code, retry, hint, retriesAtMost, suspectsToken }: Meaning<Hint>,
  hints: HintTable<Hint, Configuration>,
  facts: HintFacts<Configuration>,
): ErrorClass {
  return { code, retry, retriesAtMost, suspectsToken, hint: hint && hints[hint](facts) };
}

/** A response that was cut short, or a page of a proxy, is requested once more. */
const UNREADABLE: Meaning<never> = {
  code: 'invalid_response',
  retry: 'now',
  hint: 'unreadable',
  retriesAtMost: 1,
};

function meaningOfStatus(status: number): Meaning<never> | undefined {
  // fetch reports status 0 for a redirect that it was told not to follow.
  if (status === 0 || (status >= 300 && status < 400))
    return { code: 'redirect_refused', retry: 'never', hint: 'redirect' };
  if (status === 408) return { code: 'timeout', retry: 'now' };
  if (status === 429) return { code: 'throttled', retry: 'now' };
  return status >= 500 ? { code: 'unavailable', retry: 'now' } : undefined;
}

function withoutResponse(error: unknown): Meaning<never> {
  const failure = transportFailure(error);
  if (failure === undefined) return { code: 'unknown', retry: 'never' };
  return { code: failure.code, retry: 'now', hint: failure.reason };
}
