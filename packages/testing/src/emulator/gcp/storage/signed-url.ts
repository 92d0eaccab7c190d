/**
 * Signed URLs of version 4 (GOOG4-RSA-SHA256): who signed the request, for what, and until when.
 * https://cloud.google.com/storage/docs/authentication/canonical-requests
 */
import { createHash } from 'node:crypto';
import type { ServiceRequest } from '../../service.js';
import { decodedPart, encodedPart } from '../../request-content.js';
import { compactXml } from '../../xml.js';
import type { GcpParts } from '../access-tokens.js';
import { Refusal } from '../google-errors.js';
import type { ServiceAccountPrincipal } from '../principal.js';

const ALGORITHM = 'GOOG4-RSA-SHA256';
const SIGNATURE = 'X-Goog-Signature';
/** Seven days. */
const LONGEST_SECONDS = 604_800;
/** How far the signer's clock may be ahead of Google's. */
const TOLERANCE_MS = 15 * 60_000;

/** The XML API's errors: this is what a browser with a signed URL receives. */
export function xmlRefusal(status: number, Code: string, Message: string, Details?: string): Refusal {
  return new Refusal(`${Code}: ${Details ?? Message}`, {
    status,
    headers: { 'content-type': 'application/xml; charset=UTF-8' },
    body: `<?xml version='1.0' encoding='UTF-8'?>${compactXml({ Error: { Code, Message, Details } })}`,
  });
}

const invalid = (details: string): Refusal =>
  xmlRefusal(400, 'InvalidArgument', 'Invalid argument.', details);

export const isSigned = ({ query }: ServiceRequest): boolean =>
  query.has('X-Goog-Algorithm') || query.has(SIGNATURE);

/** The service account whose key signed the request. Refuses what Google would refuse. */
export async function signerOf(request: ServiceRequest, parts: GcpParts): Promise<ServiceAccountPrincipal> {
  const { directory, keys, runtime } = parts;
  const [algorithm, credential, date, expires, signedHeaders, signature] = [
    'X-Goog-Algorithm',
    'X-Goog-Credential',
    'X-Goog-Date',
    'X-Goog-Expires',
    'X-Goog-SignedHeaders',
    SIGNATURE,
  ].map((name) => parameter(request, name)) as [string, string, string, string, string, string];
  if (algorithm !== ALGORITHM) throw invalid(`Invalid X-Goog-Algorithm: ${algorithm}`);
  const [, email = '', scope = '', day = ''] =
    /^([^/]+)\/((\d{8})\/[a-z0-9-]+\/storage\/goog4_request)$/.exec(credential) ?? [];
  if (email === '') throw invalid('Invalid X-Goog-Credential.');
  assertInTime(runtime.clock.now(), date, day, expires);
  const account = directory.serviceAccounts.get(email);
  if (account === undefined) throw doesNotMatch();
  const canonical = canonicalRequest(request, signedHeaders);
  const digest = createHash('sha256').update(canonical).digest('hex');
  const text = [ALGORITHM, date, scope, digest].join('\n');
  const isHex = /^(?:[0-9a-f]{2})+$/i.test(signature);
  const key = keys.ofServiceAccount(email);
  if (!isHex || !(await key.verifies(Buffer.from(text), Buffer.from(signature, 'hex')))) throw doesNotMatch();
  return { kind: 'service-account', email };
}

const doesNotMatch = (): Refusal =>
  xmlRefusal(
    403,
    'SignatureDoesNotMatch',
    'Access denied.',
    'The request signature we calculated does not match the signature you provided. Check your Google secret key and signing method.',
  );

function parameter({ query }: ServiceRequest, name: string): string {
  const values = query.getAll(name);
  if (values.length === 1 && values[0] !== '') return values[0] as string;
  throw invalid(`${values.length > 1 ? 'Duplicate' : 'Missing'} query parameter: ${name}`);
}

/** Before the signature is checked, as at Google: an expired URL is told from an altered one. */
function assertInTime(now: number, date: string, day: string, expires: string): void {
  const [, year, month, dayOfMonth, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const signedAt = Date.parse(`${year}-${month}-${dayOfMonth}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(signedAt) || date.slice(0, 8) !== day) throw invalid(`Invalid X-Goog-Date: ${date}`);
  const seconds = /^\d{1,6}$/.test(expires) ? Number(expires) : 0;
  if (seconds < 1 || seconds > LONGEST_SECONDS) throw invalid(`Invalid X-Goog-Expires: ${expires}`);
  if (signedAt > now + TOLERANCE_MS) throw invalid(`X-Goog-Date is in the future: ${date}`);
  const end = signedAt + seconds * 1000;
  if (end > now) return;
  const at = `${new Date(end).toISOString().slice(0, 19)}+00:00`;
  throw xmlRefusal(
    400,
    'ExpiredToken',
    'The provided token has expired.',
    `Request signature expired at: ${at}`,
  );
}

function canonicalRequest(request: ServiceRequest, signedHeaders: string): string {
  const names = signedHeaders.split(';');
  if (!names.includes('host') || names.some((name, index) => index > 0 && name <= (names[index - 1] ?? '')))
    throw invalid('Invalid X-Goog-SignedHeaders.');
  if (names.some((name) => name !== 'host' && request.headers[name] === undefined))
    throw xmlRefusal(
      400,
      'MalformedSecurityHeader',
      'Your request has a malformed header.',
      'Header was included in signedheaders, but not in the request.',
    );
  const pairs = request.rawQuery
    .split('&')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [encoded(name), encoded(value.join('='))] as const;
    })
    .filter(([name]) => name !== SIGNATURE)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    request.method,
    request.path.split('/').map(encoded).join('/'),
    pairs.map(([name, value]) => `${name}=${value}`).join('&'),
    ...names.map((name) => `${name}:${headerOf(request, name)}`),
    '',
    signedHeaders,
    request.headers['x-goog-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
}

/** Google's clients sign the host without its port, which at Google is the default one. */
function headerOf({ headers, host }: ServiceRequest, name: string): string {
  return name === 'host' ? host.replace(/:\d+$/, '') : (headers[name] ?? '').trim().replace(/\s{2,}/g, ' ');
}

/** RFC 3986, whichever way the part was encoded before. A broken encoding is signed as it stands, which no signer does. */
const encoded = (part: string): string => encodedPart(decodedPart(part) ?? part);
