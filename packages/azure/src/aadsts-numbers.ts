/**
 * The meaning of each `AADSTS…` number for an application that presents a federated assertion. Microsoft publishes the
 * list (entra-docs, reference-error-codes) and says that numbers may change. A number that is missing here is
 * classified by the HTTP status and the OAuth error. Numbers that only an interactive sign-in can cause are left out.
 */

import type { FederationErrorCode } from '@credex/core';
import type { RetryAdvice } from '@credex/core/internal';
import type { HintName } from './hints.js';

export interface Meaning {
  readonly code: FederationErrorCode;
  readonly retry: RetryAdvice;
  readonly hint?: HintName;
  /** The maximum number of retries of the step. Default: core's limit. */
  readonly retriesAtMost?: number;
}

type Group = readonly [meaning: Meaning, ...numbers: readonly number[]];

const never = (code: FederationErrorCode, hint: HintName): Meaning => ({ code, retry: 'never', hint });

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
  [{ code: 'unavailable', retry: 'now', hint: 'issuerUnreachable', retriesAtMost: 2 }, 50166, 501661, 90061],
];

const BY_NUMBER: ReadonlyMap<number, Meaning> = new Map(
  GROUPS.flatMap(([meaning, ...numbers]) => numbers.map((number) => [number, meaning] as const)),
);

/** All numbers that have a meaning here, for the tests. */
export const AADSTS_NUMBERS: readonly number[] = [...BY_NUMBER.keys()];

export function meaningOfNumber(number: number): Meaning | undefined {
  return BY_NUMBER.get(number);
}
