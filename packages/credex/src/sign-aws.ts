/** Signs a request with AWS Signature Version 4, using aws4fetch. Loaded with the first request to AWS. */

import { OptionError } from '@credex/core';
import { AwsV4Signer } from 'aws4fetch';

export interface Signing {
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
  readonly service: string | undefined;
  /** The region of the call. */
  readonly region: string | undefined;
  /** The region of the entry, used if neither the call nor the URL names one. */
  readonly fallbackRegion: string | undefined;
  readonly payload: 'signed' | 'unsigned';
  /** Epoch milliseconds. Default: now. */
  readonly at: number | undefined;
}

/** The headers and the body to send. `body` is set only if it was read to be signed. */
export interface Signed {
  readonly headers: Headers;
  readonly body: ArrayBuffer | undefined;
}

/**
 * Reads the whole body and signs it. With `payload: 'unsigned'` the body is streamed, which only S3 accepts.
 * @throws OptionError if the service or the region is unknown
 */
export async function signedForAws(request: Request, signing: Signing): Promise<Signed> {
  const place = placeOf(request, signing);
  if (signing.payload === 'unsigned' && place.service !== 's3') {
    throw new OptionError(
      'conflicting_options',
      'payload',
      undefined,
      `Only S3 accepts an unsigned body, ${place.service} does not: remove \`payload\`.`,
    );
  }
  const headers = new Headers(request.headers);
  const body =
    request.body === null || signing.payload === 'unsigned' ? undefined : await request.arrayBuffer();
  if (place.service === 's3') {
    // Without this header, aws4fetch signs S3's body as unsigned.
    headers.set(
      'x-amz-content-sha256',
      signing.payload === 'unsigned' ? 'UNSIGNED-PAYLOAD' : await sha256(body),
    );
  }
  const signer = new AwsV4Signer({
    method: request.method,
    url: request.url,
    headers,
    ...signing.credentials,
    ...place,
    ...(body === undefined ? {} : { body }),
    ...(signing.at === undefined ? {} : { datetime: datetime(signing.at) }),
  });
  return { headers: (await signer.sign()).headers as Headers, body };
}

/** aws4fetch reads both from the host and silently falls back to us-east-1. This function throws instead. */
function placeOf(
  { url, headers }: Request,
  { service, region, fallbackRegion }: Signing,
): { service: string; region: string } {
  const guessed = new AwsV4Signer({
    url,
    headers: new Headers(headers),
    accessKeyId: '-',
    secretAccessKey: '-',
  });
  const found = {
    service: service ?? guessed.service,
    region: region ?? regionIn(url, guessed.region) ?? fallbackRegion,
  };
  if (found.service === '') throw unknownPlace('service', url);
  if (found.region === undefined) throw unknownPlace('region', url);
  return { service: found.service, region: found.region };
}

/** The region, only if the host names it. */
function regionIn(url: string, guessed: string): string | undefined {
  const labels = new URL(url).hostname.split(/[.]|(?<=^s3)-/);
  return labels.includes(guessed) || (guessed === 'us-gov-west-1' && labels.includes('us-gov'))
    ? guessed
    : undefined;
}

function unknownPlace(option: 'service' | 'region', url: string): OptionError {
  const { host } = new URL(url);
  const like = option === 'service' ? "'s3'" : "'eu-west-1'";
  return new OptionError(
    'missing_option',
    option,
    undefined,
    `\`${option}\` cannot be determined from the host ${host}: pass it to authorize(), such as { ${option}: ${like} }.`,
  );
}

async function sha256(body: ArrayBuffer | undefined): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', body ?? new ArrayBuffer(0));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `20261122T093739Z`. */
const datetime = (at: number): string => new Date(at).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
