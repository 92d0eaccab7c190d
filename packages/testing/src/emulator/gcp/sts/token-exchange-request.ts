/** The body of `POST /v1/token`: RFC 8693 section 2.1 as a form, or the same as JSON. */
import { formOf, jsonObject, mediaTypeOf } from '../../request-content.js';
import type { ServiceRequest } from '../../service.js';
import { oauthRefusal } from '../google-errors.js';
import { isKnownScope } from '../scopes.js';

export interface TokenExchangeRequest {
  /** `projects/…/workloadIdentityPools/{pool}` */
  readonly pool: string;
  readonly providerId: string;
  readonly scopes: readonly string[];
  readonly subjectToken: string;
}

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const AUDIENCE =
  /^\/\/iam\.googleapis\.com\/(projects\/\d+\/locations\/global\/workloadIdentityPools\/[^/]+)\/providers\/([^/]+)$/;

export function readTokenExchange(request: ServiceRequest): TokenExchangeRequest {
  const field = fieldsOf(request);
  if (field('grant_type') !== GRANT_TYPE)
    throw oauthRefusal('unsupported_grant_type', `Invalid value for "grant_type". It must be ${GRANT_TYPE}.`);
  const audience = AUDIENCE.exec(field('audience') ?? '');
  if (audience === null)
    throw invalid(
      'audience',
      'This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.',
    );
  if (field('requested_token_type') !== `${TOKEN_TYPE}access_token`)
    throw invalid('requested_token_type', `It must be ${TOKEN_TYPE}access_token.`);
  if (![`${TOKEN_TYPE}jwt`, `${TOKEN_TYPE}id_token`].includes(field('subject_token_type') ?? ''))
    throw invalid('subject_token_type', `It must be ${TOKEN_TYPE}jwt or ${TOKEN_TYPE}id_token.`);
  const subjectToken = field('subject_token') ?? '';
  if (subjectToken === '') throw invalid('subject_token', 'It is required.');
  const scopes = (field('scope') ?? '').split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0 || !scopes.every(isKnownScope))
    throw oauthRefusal('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  return { pool: audience[1] as string, providerId: audience[2] as string, scopes, subjectToken };
}

const invalid = (name: string, hint: string) =>
  oauthRefusal('invalid_request', `Invalid value for "${name}". ${hint}`);

type Field = (name: string) => string | undefined;

function fieldsOf(request: ServiceRequest): Field {
  const form = formOf(request);
  if (form !== undefined) {
    return (name) => {
      // RFC 6749 section 3.2: a parameter must not be there more than once.
      if (form.getAll(name).length > 1) throw invalid(name, 'It must not be repeated.');
      return form.get(name) ?? undefined;
    };
  }
  if (mediaTypeOf(request.headers) === 'application/json') {
    const json = jsonObject(request.body);
    if (json === undefined) throw oauthRefusal('invalid_request', 'Invalid JSON payload received.');
    return (name) => {
      const value = json[name] ?? json[name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
      return typeof value === 'string' ? value : undefined;
    };
  }
  throw oauthRefusal('invalid_request', 'Unsupported content type.');
}
