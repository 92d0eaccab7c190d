// AWS Signature Version 4, verified by itself: what the service would compute from the secret that STS gave out.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import type { AwsCredentials } from '@credex/aws';
import { getAwsCredentials } from '@credex/aws';
import { options, region } from './deployment.ts';
import type { Recorded } from './loopback.ts';

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const hash = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

interface Claim {
  readonly credential: string;
  readonly date: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly token: string | undefined;
  readonly payloadHash: string;
}

function claimOf({ url, headers, body }: Recorded, service: string): Claim {
  const query = url.searchParams;
  if (query.has('X-Amz-Signature')) {
    const part = (name: string): string => query.get(`X-Amz-${name}`) ?? '';
    return {
      credential: part('Credential'),
      date: part('Date'),
      signedHeaders: part('SignedHeaders'),
      signature: part('Signature'),
      token: query.get('X-Amz-Security-Token') ?? undefined,
      payloadHash: service === 's3' ? 'UNSIGNED-PAYLOAD' : hash(body),
    };
  }
  const found = /^AWS4-HMAC-SHA256 Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=(\w+)$/.exec(
    headers['authorization'] ?? '',
  );
  assert.ok(found, `There is no signature of version 4: ${headers['authorization']}`);
  return {
    credential: found[1] ?? '',
    date: headers['x-amz-date'] ?? '',
    signedHeaders: found[2] ?? '',
    signature: found[3] ?? '',
    token: headers['x-amz-security-token'],
    payloadHash: hash(body),
  };
}

function canonicalRequest(request: Recorded, claim: Claim, service: string): string {
  const { method, url, headers } = request;
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&');
  // Each segment of the path as it was sent is encoded once more, except for S3.
  const path = service === 's3' ? url.pathname : url.pathname.split('/').map(encoded).join('/');
  const signed = claim.signedHeaders.split(';').map((name) => `${name}:${headers[name]?.trim()}\n`);
  return [method, path, query, signed.join(''), claim.signedHeaders, claim.payloadHash].join('\n');
}

/**
 * Throws unless the request is signed for `service`, in the header or in the query, by the session that STS gave to
 * this process, and its body is what was signed.
 */
export async function assertSigned(request: Recorded, service: string, scope = region): Promise<void> {
  const session: AwsCredentials = await getAwsCredentials(options.aws);
  const claim = claimOf(request, service);
  const day = claim.date.slice(0, 8);
  const place = `${day}/${scope}/${service}/aws4_request`;
  assert.equal(claim.credential, `${session.accessKeyId}/${place}`);
  assert.equal(claim.token, session.sessionToken);
  assert.match(claim.signedHeaders, /(?:^|;)(?:host|:authority)(?:;|$)/);
  const age = Date.now() - Date.parse(claim.date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  assert.ok(Math.abs(age) < 300_000, `The signature is of ${claim.date}.`);
  const key = [day, scope, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${session.secretAccessKey}`,
  );
  const text = ['AWS4-HMAC-SHA256', claim.date, place, hash(canonicalRequest(request, claim, service))].join(
    '\n',
  );
  assert.equal(claim.signature, hmac(key, text).toString('hex'));
}
