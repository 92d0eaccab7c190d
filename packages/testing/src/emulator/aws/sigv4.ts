import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { ServiceRequest } from '../service.js';
import { decodedPart, encodedPart } from '../request-content.js';
import { sameText } from './sessions.js';

/** What an `Authorization: AWS4-HMAC-SHA256 …` header says, or the query of a presigned URL. */
export interface SigningClaim {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Undefined where there is no such header; the missing part where it is incomplete. */
export function parseAuthorization(
  header: string | undefined,
): SigningClaim | undefined | { readonly missing: string } {
  if (header === undefined) return undefined;
  const [, fields] = /^AWS4-HMAC-SHA256\s+(.+)$/.exec(header) ?? [];
  if (fields === undefined) return { missing: 'Credential' };
  const field = (name: string) => new RegExp(`(?:^|,)\\s*${name}=([^,\\s]*)`).exec(fields)?.[1] ?? '';
  const scope = field('Credential').split('/');
  const [accessKeyId = '', date = '', region = '', service = '', end] = scope;
  if (scope.length !== 5 || end !== 'aws4_request' || accessKeyId === '' || !/^\d{8}$/.test(date)) {
    return { missing: 'Credential' };
  }
  const signature = field('Signature');
  if (!/^[0-9a-f]{64}$/.test(signature)) return { missing: 'Signature' };
  const signedHeaders = field('SignedHeaders').split(';');
  if (signedHeaders[0] === '') return { missing: 'SignedHeaders' };
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

/** `20261122T134500Z` in epoch milliseconds; undefined for anything else. */
export function parseAmzDate(text: string | undefined): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '') ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

export const amzDate = (time: number): string =>
  new Date(time)
    .toISOString()
    .replace(/\.\d{3}/, '')
    .replace(/[-:]/g, '');

/** Headers that are worth nothing unless they are signed: `Host`, and every `x-amz-*` that was sent. */
export function unsignedHeaders(request: ServiceRequest, claim: SigningClaim): readonly string[] {
  const sent = Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'));
  return ['host', ...sent].filter((name) => !claim.signedHeaders.includes(name));
}

/**
 * Signs what was received, as the caller should have, and compares. `payloadHash` is the caller's word for its
 * body where the service takes it (S3); the service has checked it by then, or checks it afterwards.
 */
export async function signatureHolds(
  request: ServiceRequest,
  claim: SigningClaim,
  secretAccessKey: string,
  signing: { readonly time: number; readonly payloadHash: string; readonly escapePath: boolean },
): Promise<boolean> {
  const signer = new SignatureV4({
    credentials: { accessKeyId: claim.accessKeyId, secretAccessKey },
    region: claim.region,
    service: claim.service,
    sha256: Sha256,
    uriEscapePath: signing.escapePath,
    applyChecksum: false,
  });
  const headers: Record<string, string> = {};
  for (const name of claim.signedHeaders) {
    const value = name === 'host' ? request.host : request.headers[name];
    if (value === undefined) return false;
    headers[name] = value;
  }
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: request.secure ? 'https:' : 'http:',
      hostname: request.host,
      path: signing.escapePath ? request.path : canonicalKeyPath(request.path),
      query: queryBag(request.query),
      headers: { ...headers, ...payloadHeader(claim, signing.payloadHash) },
      body: request.body,
    },
    {
      signingDate: new Date(signing.time),
      signableHeaders: new Set(claim.signedHeaders),
      // The signer adds these; a presigned URL has the date in its query.
      unsignableHeaders: new Set(
        ['x-amz-content-sha256', 'x-amz-date'].filter((name) => !claim.signedHeaders.includes(name)),
      ),
    },
  );
  const own = parseAuthorization(signed.headers['authorization']);
  return own !== undefined && 'signature' in own && sameText(own.signature, claim.signature);
}

/** The signer takes this header for the hash of the body, so it says what we know, signed or not. */
const payloadHeader = (claim: SigningClaim, hash: string): Record<string, string> =>
  claim.signedHeaders.includes('x-amz-content-sha256') ? {} : { 'x-amz-content-sha256': hash };

function queryBag(query: URLSearchParams): Record<string, string | string[]> {
  const bag: Record<string, string | string[]> = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    bag[name] = values.length === 1 ? (values[0] as string) : values;
  }
  return bag;
}

/** S3 signs the key's own encoding, not the sender's: every byte but the unreserved ones, once. */
function canonicalKeyPath(path: string): string {
  return path
    .split('/')
    .map((segment) => {
      const plain = decodedPart(segment);
      return plain === undefined ? segment : encodedPart(plain);
    })
    .join('/');
}
