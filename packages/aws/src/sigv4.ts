/**
 * AWS Signature Version 4 with WebCrypto, for what this package signs itself: passwords (in the query of a URL that is
 * never requested) and AssumeRole (in a header).
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

import { ownCopy } from '@credex/core/internal';

/** Temporary or permanent keys. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SigningScope {
  readonly region: string;
  /** The name for signatures, such as `rds-db`. */
  readonly service: string;
  /** When it is signed, epoch milliseconds. */
  readonly at: number;
}

interface CanonicalRequest {
  readonly method: 'GET' | 'POST';
  /** Encoded and sorted. */
  readonly query: string;
  /** Names in lower case, sorted; all of them are signed. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** SHA-256 of the body, in hex. */
  readonly bodyHash: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const EMPTY_BODY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * `host/?query` of a GET that is signed in its query, as the official signers of databases make it: without the scheme, its
 * parameters sorted.
 */
export async function presignedUrl(
  host: string,
  parameters: Readonly<Record<string, string>>,
  keys: SigningKeys,
  scope: SigningScope,
  expiresSeconds: number,
): Promise<string> {
  const query: Record<string, string> = {
    ...parameters,
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${keys.accessKeyId}/${scopeText(scope)}`,
    'X-Amz-Date': longDate(scope.at),
    'X-Amz-Expires': String(expiresSeconds),
    ...(keys.sessionToken === undefined ? {} : { 'X-Amz-Security-Token': keys.sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  };
  const request: CanonicalRequest = {
    method: 'GET',
    query: sortedQuery(query),
    headers: [['host', host]],
    bodyHash: EMPTY_BODY,
  };
  const signature = await signatureOf(request, keys, scope);
  return `${host}/?${sortedQuery({ ...query, 'X-Amz-Signature': signature })}`;
}

/** The headers that make a POST to `/` signed: `Authorization`, the date and the session token. */
export async function signedHeaders(
  host: string,
  contentType: string,
  body: string,
  keys: SigningKeys,
  scope: SigningScope,
): Promise<Readonly<Record<string, string>>> {
  const own: Record<string, string> = {
    'content-type': contentType,
    'x-amz-date': longDate(scope.at),
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  };
  const headers = Object.entries({ ...own, host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const bodyHash = hex(await crypto.subtle.digest('SHA-256', utf8(body)));
  const signature = await signatureOf({ method: 'POST', query: '', headers, bodyHash }, keys, scope);
  const credential = `${keys.accessKeyId}/${scopeText(scope)}`;
  const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${namesOf(headers)}, Signature=${signature}`;
  return { ...own, authorization };
}

/** RFC 3986. `encodeURIComponent` leaves five of its reserved characters unencoded. */
export function percentEncoded(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function signatureOf(
  { method, query, headers, bodyHash }: CanonicalRequest,
  { secretAccessKey }: SigningKeys,
  scope: SigningScope,
): Promise<string> {
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = [method, '/', query, lines, namesOf(headers), bodyHash].join('\n');
  const hash = hex(await crypto.subtle.digest('SHA-256', utf8(canonical)));
  const toSign = [ALGORITHM, longDate(scope.at), scopeText(scope), hash].join('\n');
  let key: BufferSource = utf8(`AWS4${secretAccessKey}`);
  for (const part of [...scopeText(scope).split('/'), toSign]) key = await hmac(key, part);
  return hex(key as ArrayBuffer);
}

/** Inherits nothing: WebCrypto would read an inherited `length`. */
const HMAC = Object.freeze(ownCopy({ name: 'HMAC', hash: 'SHA-256' }));

async function hmac(key: BufferSource, text: string): Promise<ArrayBuffer> {
  const imported = await crypto.subtle.importKey('raw', key, HMAC, false, ['sign']);
  return crypto.subtle.sign('HMAC', imported, utf8(text));
}

const scopeText = ({ at, region, service }: SigningScope): string =>
  `${longDate(at).slice(0, 8)}/${region}/${service}/aws4_request`;

/** `20261122T134500Z`. */
const longDate = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

const namesOf = (headers: CanonicalRequest['headers']): string => headers.map(([name]) => name).join(';');

function sortedQuery(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`)
    .sort()
    .join('&');
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
