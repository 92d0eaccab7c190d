/**
 * Classifies a failure of the exchange: by Entra's `AADSTS…` number first, then by the status, then by the OAuth error.
 * Microsoft publishes the list of numbers (entra-docs, reference-error-codes) and says that they may change. Numbers that
 * only an interactive sign-in can cause are left out.
 */

import type { FederationErrorCode, PresentedToken } from '@credex/core';
import { FederationError } from '@credex/core';
import type { FailedResponse, Meaning, ServerError } from '@credex/core/classify';
import { classifyFailure } from '@credex/core/classify';
import type { ErrorClass, HttpResponse } from '@credex/core/internal';
import { parseJsonObject } from '@credex/core/internal';
import type { HintName } from './hints.js';
import { HINTS } from './hints.js';
import type { AzureConfiguration } from './types.js';

/** The error of a call that Entra is not asked about: an Azure client receives one type of error. */
export function invalidRequest(message: string): FederationError {
  return new FederationError({ code: 'invalid_request', provider: 'azure', message });
}

/** Never throws. A hint never contains text from a server. */
export function classifyAzureError(
  error: unknown,
  presented: PresentedToken | undefined,
  configuration: AzureConfiguration,
): ErrorClass {
  const rules = { readServerError, meaningOf, otherwise, hints: HINTS };
  return classifyFailure(error, rules, { configuration, presented });
}

interface EntraError extends ServerError {
  /** The first number is the cause. */
  readonly numbers: readonly number[];
  /** The OAuth error code, such as `invalid_client`. */
  readonly error: string | undefined;
  /** True if Entra returned a claims challenge, which only an interactive sign-in can satisfy. */
  readonly challenged: boolean;
}

type Fields = Readonly<Record<string, unknown>>;
type AzureMeaning = Meaning<HintName>;

function readServerError({ body }: HttpResponse): EntraError {
  const fields = parseJsonObject(body) ?? {};
  const serverMessage = textOf(fields['error_description']);
  const error = textOf(fields['error']);
  const numbers = numbersOf(fields, serverMessage);
  return {
    serverCode: numbers[0] === undefined ? error : `AADSTS${numbers[0]}`,
    serverMessage,
    numbers,
    error,
    challenged: typeof fields['claims'] === 'string',
  };
}

/** Reads `error_codes`, or the description if that field is missing. */
function numbersOf(body: Fields, description: string | undefined): readonly number[] {
  const listed = body['error_codes'];
  const numbers = Array.isArray(listed) ? listed.filter((number) => typeof number === 'number') : [];
  if (numbers.length > 0) return numbers;
  return [...(description ?? '').slice(0, 4096).matchAll(/AADSTS(\d{4,9})/g)].map(([, number]) =>
    Number(number),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function meaningOf({ status, numbers, serverMessage }: FailedResponse<EntraError>): AzureMeaning | undefined {
  if (status === 429) return undefined;
  const meaning = numbers.map((number) => BY_NUMBER.get(number)).find((known) => known !== undefined);
  return meaning?.hint === 'expired' && isNotYetValid(serverMessage)
    ? never('subject_token_not_yet_valid', 'notYetValid')
    : meaning;
}

/** "Current time: …, assertion valid from …, expiry time of assertion …", each as ISO 8601. */
function isNotYetValid(description: string | undefined): boolean {
  const times = /Current time: ([\dTZ:.-]{19,32}), assertion valid from ([\dTZ:.-]{19,32})/.exec(
    description ?? '',
  );
  // Both have the same format, so comparing the texts compares the times.
  return times !== null && (times[1] as string) < (times[2] as string);
}

function otherwise({ status, error, challenged }: FailedResponse<EntraError>): AzureMeaning {
  if (challenged) return never('access_denied', 'conditionalAccess');
  if (error !== undefined && Object.hasOwn(BY_ERROR, error)) return BY_ERROR[error] as AzureMeaning;
  if (status === 401 || status === 403) return { code: 'access_denied', retry: 'never' };
  return { code: 'invalid_request', retry: 'never', hint: status === 404 ? 'endpoint' : undefined };
}

type Group = readonly [meaning: AzureMeaning, ...numbers: readonly number[]];

const never = (code: FederationErrorCode, hint: HintName): AzureMeaning => ({ code, retry: 'never', hint });

const ISSUER_UNREACHABLE: AzureMeaning = {
  code: 'unavailable',
  retry: 'now',
  hint: 'issuerUnreachable',
  retriesAtMost: 2,
  suspectsToken: true,
};

const GROUPS: readonly Group[] = [
  // The assertion matches no federated credential of the application.
  [never('subject_not_allowed', 'noCredential'), 70021],
  [never('subject_not_allowed', 'noneConfigured'), 70025],
  [never('subject_not_allowed', 'subject'), 700213, 7002131, 7002137],
  [never('subject_case_mismatch', 'subjectCase'), 7002138],
  [never('issuer_mismatch', 'issuer'), 700211],
  // The token was issued by Entra itself.
  [never('issuer_mismatch', 'entraIssuer'), 700222, 700229],
  [never('audience_mismatch', 'audience'), 700212],
  [never('audience_mismatch', 'severalAudiences'), 5002741],

  // A tenant policy denies access before any federated credential is compared.
  [never('access_denied', 'federationPolicy'), 700223, 700238, 7002381],
  [never('access_denied', 'conditionalAccess'), 50131, 53000, 53001, 53002, 53003, 53011, 530032, 530034],
  [never('access_denied', 'conditionalAccess'), 530035],
  [never('access_denied', 'crossTenant'), 50002, 500021, 500022, 500212, 500213],
  [never('access_denied', 'disabled'), 7000112, 1000031],
  [never('access_denied', 'assignment'), 50105, 501051],
  [never('access_denied', 'consent'), 65001, 90008, 90093, 90094, 90099],

  // The format, the key or the signature of the assertion is wrong.
  [never('token_rejected', 'signature'), 50006, 50012, 50013, 50099, 700027, 900384, 7000274],
  [never('token_rejected', 'unknownKey'), 7000272],
  [never('token_rejected', 'malformed'), 50027, 50120, 5002727, 5002730],
  // 700024 covers both "expired" and "not valid yet": the times in the description tell which.
  [{ code: 'subject_token_expired', retry: 'fresh-subject', hint: 'expired' }, 700024, 500133],

  // The application, tenant or resource in the options does not exist, or not in this tenant or cloud.
  [never('target_not_found', 'application'), 70001, 700011, 700016, 7000229],
  [never('invalid_request', 'publicClient'), 700025],
  [never('target_not_found', 'tenant'), 50059, 50128, 90002, 90019, 90038, 90043, 90051, 900023],
  [never('target_not_found', 'tenant'), 900382, 900432],
  [never('target_not_found', 'resource'), 50001, 500011, 65005, 650052, 650054, 650056, 650057],
  [never('invalid_request', 'scope'), 28002, 28003, 70011, 700022, 700023, 1002012],
  [never('invalid_request', 'regional'), 100007],

  // The request is malformed: something between this process and Entra changed it.
  [
    never('invalid_request', 'unknownNumber'),
    70003,
    90004,
    90013,
    90014,
    90015,
    90023,
    90100,
    900144,
    900561,
  ],
  [never('invalid_request', 'unknownNumber'), 901002, 7000218, 9000411, 9002313],

  // Too many requests, from this tenant or from this application (a loop).
  [{ code: 'throttled', retry: 'now' }, 90055],
  [{ code: 'throttled', retry: 'now', hint: 'loop' }, 50196],

  // A temporary fault of Entra.
  [{ code: 'unavailable', retry: 'now' }, 50000, 50033, 90006, 90012, 90024, 90033, 90090, 90091],
  [{ code: 'unavailable', retry: 'never' }, 90036, 90092],
  // Entra could not fetch the issuer's metadata or keys. Entra has used each of these numbers for the same message.
  [ISSUER_UNREACHABLE, 50166, 501661, 90061],
];

const BY_NUMBER: ReadonlyMap<number, AzureMeaning> = new Map(
  GROUPS.flatMap(([meaning, ...numbers]) => numbers.map((number) => [number, meaning] as const)),
);

/** The server codes that have a meaning of their own, for the tests. */
export const SERVER_CODES: readonly string[] = [...BY_NUMBER.keys()].map((number) => `AADSTS${number}`);

/** The OAuth error tells the kind of rejection, not the exact reason. */
const BY_ERROR: Readonly<Record<string, AzureMeaning>> = {
  temporarily_unavailable: { code: 'unavailable', retry: 'now' },
  server_error: { code: 'unavailable', retry: 'now' },
  invalid_client: never('token_rejected', 'unknownNumber'),
  invalid_grant: never('token_rejected', 'unknownNumber'),
  unauthorized_client: never('access_denied', 'unknownNumber'),
  access_denied: never('access_denied', 'unknownNumber'),
  interaction_required: never('access_denied', 'conditionalAccess'),
  invalid_scope: never('invalid_request', 'scope'),
  invalid_resource: never('target_not_found', 'resource'),
  invalid_request: never('invalid_request', 'unknownNumber'),
};
