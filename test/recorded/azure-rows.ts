/** How a row of Entra's tables is written, and what several rows have in common. */

import type { RecordedResponse } from './recorded-response.js';

export const TENANT = '11111111-2222-3333-4444-555555555555';
export const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
export const ISSUER = 'https://oidc.vercel.com/acme';
export const SUBJECT = 'owner:acme:project:shop:environment:production';
export const LIST = 'docs:entra/reference-error-codes';
export const CHECK =
  'Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation';
/** A command to create a credential, where no credential is missing. */
export const CREATE = /federated-credential create/;

export const body = (number: number, error: string | undefined, sentence: string): object => ({
  ...(error === undefined ? {} : { error }),
  error_description: `AADSTS${number}: ${sentence} Trace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333333 Correlation ID: aaaa0000-bb11-2222-33cc-444444dddddd Timestamp: 2026-11-22 10:00:00Z`,
  error_codes: [number],
  timestamp: '2026-11-22 10:00:00Z',
  trace_id: '0000aaaa-11bb-cccc-dd22-eeeeee333333',
  correlation_id: 'aaaa0000-bb11-2222-33cc-444444dddddd',
  error_uri: `https://login.microsoftonline.com/error?code=${number}`,
});

export type Wanted = Pick<RecordedResponse, 'code' | 'retry' | 'hint' | 'retriesAtMost' | 'not' | 'emulated'>;

/** A response that a client printed. */
export const recorded = (
  number: number,
  status: number,
  error: string,
  source: string,
  sentence: string,
  wanted: Wanted,
): RecordedResponse => ({
  name: `AADSTS${number}: ${sentence.slice(0, 60)}`,
  status,
  body: body(number, error, sentence),
  source,
  text: 'recorded',
  ...wanted,
});

/** A number with its meaning from Microsoft's list; the list gives neither the status nor the OAuth error. */
export const documented = (
  number: number,
  meaning: string,
  wanted: Wanted,
  source = LIST,
): RecordedResponse => ({
  name: `AADSTS${number}: ${meaning}`,
  status: 400,
  body: body(number, undefined, meaning),
  source,
  text: 'documented',
  ...wanted,
});

export const never = (code: RecordedResponse['code'], ...hint: (string | RegExp)[]): Wanted => ({
  code,
  retry: 'never',
  hint,
  not: CREATE,
});
export const POLICY = never('access_denied', 'policy of tenant', TENANT);
export const CONDITIONAL = never('access_denied', 'Conditional Access', CLIENT);
export const CROSS_TENANT = never('access_denied', 'cross-tenant access policy');
export const CONSENT = never('access_denied', 'admin-consent');
export const APPLICATION = never('target_not_found', CLIENT, 'not its object id');
export const WRONG_TENANT = never('target_not_found', TENANT, 'national cloud');
export const RESOURCE = never('target_not_found', 'service principal in tenant');
export const SCOPE = never('invalid_request', '/.default');
export const SIGNATURE = never('token_rejected', 'signature', ISSUER);
export const MALFORMED = never('token_rejected', 'as a JWT');
export const UNKNOWN = never('invalid_request', 'look the number up');
export const TRANSIENT: Wanted = { code: 'unavailable', retry: 'now', hint: [] };
export const UNREACHABLE: Wanted = {
  code: 'unavailable',
  retry: 'now',
  retriesAtMost: 2,
  hint: ['could not fetch the OpenID configuration', ISSUER],
  not: CREATE,
};
export const creates = (code: RecordedResponse['code'], ...hint: (string | RegExp)[]): Wanted => ({
  code,
  retry: 'never',
  hint: [...hint, CREATE],
});
