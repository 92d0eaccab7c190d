/** The parameters of a password that is signed for a database: read strictly, since a signer writes them in one way only. */

import { decodedPart, encodedPart } from '../request-content.js';

export type DatabaseTokenFault =
  | 'malformed'
  | 'duplicate_parameter'
  | 'unknown_parameter'
  | 'missing_parameter'
  | 'wrong_encoding'
  | 'wrong_host'
  | 'wrong_user'
  | 'wrong_action'
  | 'wrong_region'
  | 'wrong_service'
  | 'expired'
  | 'not_yet_valid'
  | 'no_session_token'
  | 'unknown_credentials'
  | 'expired_credentials'
  | 'bad_signature'
  | 'not_authorized';

/** Why a password is refused: thrown where it is found, answered in one place. */
export class TokenRefusal extends Error {
  readonly fault: DatabaseTokenFault;

  constructor(fault: DatabaseTokenFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export function refuse(fault: DatabaseTokenFault, message: string): never {
  throw new TokenRefusal(fault, message);
}

/** What every signature has. */
const SIGNATURE_PARAMETERS = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
] as const;

export type SignatureParameter = (typeof SIGNATURE_PARAMETERS)[number];

/** Base64url without padding, of a URL. */
export function decodedToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (Buffer.from(text, 'utf8').toString('base64url') !== token || !text.startsWith('https://'))
    refuse('malformed', 'The token is not the base64url of an https URL, without padding.');
  return text.slice('https://'.length);
}

/** Names and values, decoded. What a signer would have written in another way is refused. */
export function parametersOf(rawQuery: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of rawQuery.split('&')) {
    const [name = '', value, ...rest] = pair.split('=').map(decoded);
    if (value === undefined || rest.length > 0)
      return refuse('malformed', 'A parameter is not `name=value`.');
    const isThere = [...parameters.keys()].some((one) => one.toLowerCase() === name.toLowerCase());
    if (isThere) refuse('duplicate_parameter', `${name} is there twice.`);
    parameters.set(name, value);
  }
  return parameters;
}

function decoded(text: string): string {
  const value = decodedPart(text);
  if (value === undefined) return refuse('wrong_encoding', 'A parameter is not percent-encoded UTF-8.');
  return encodedPart(value) === text
    ? value
    : refuse('wrong_encoding', 'A parameter is not encoded as RFC 3986 requires.');
}

/** @param own The parameters of the service, in addition to those of the signature. */
export function assertNames(parameters: ReadonlyMap<string, string>, own: readonly string[]): void {
  const known = [...SIGNATURE_PARAMETERS, 'X-Amz-Security-Token', ...own];
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) refuse('unknown_parameter', `${unknown} is no parameter of this password.`);
  const missing = [...SIGNATURE_PARAMETERS, ...own].find(
    (name) => name !== 'User-Agent' && !parameters.has(name),
  );
  if (missing !== undefined) refuse('missing_parameter', `${missing} is missing.`);
}
