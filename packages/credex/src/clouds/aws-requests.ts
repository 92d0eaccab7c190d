/** Requests to AWS: Signature Version 4 by aws4fetch, only to hosts where AWS itself responds. */

import type { AwsEntry } from '@credex/config';
import { OptionError } from '@credex/core';
import { AwsV4Signer } from 'aws4fetch';
import type { AuthorizeCall, Authorization, CloudRequests } from './cloud.js';
import { includesHost } from './cloud.js';

type Provider = import('@credex/aws').AwsCredentialsProvider;

const HOSTS = [
  '.amazonaws.com',
  '.amazonaws.com.cn',
  '.amazonaws.eu',
  '.api.aws',
  '.api.amazonwebservices.com.cn',
  '.api.amazonwebservices.eu',
];

/** Customers' machines, load balancers and databases under AWS's domain. */
const CUSTOMERS = /\.(?:(?:compute|compute-1|elb|rds|cache)|elb\.[a-z0-9-]+)\.amazonaws\.(?:com|com\.cn|eu)$/;

export const awsRequests: CloudRequests<Provider> = {
  isOwnHost: (hostname) => includesHost(HOSTS, hostname) && !CUSTOMERS.test(hostname),
  authorize,
};

/**
 * Reads the whole body and signs it. With `payload: 'unsigned'` the body is streamed, which only S3 accepts.
 * @throws OptionError if the service or the region is unknown
 */
async function authorize(call: AuthorizeCall<Provider>): Promise<Authorization> {
  const { request, provider, at } = call;
  const { payload = 'signed', signal } = call.options;
  const place = placeOf(call);
  if (payload === 'unsigned' && place.service !== 's3') {
    throw new OptionError(
      'conflicting_options',
      'payload',
      undefined,
      `Only S3 accepts an unsigned body, ${place.service} does not: remove \`payload\`.`,
    );
  }
  const { accessKeyId, secretAccessKey, sessionToken } = await provider.getCredentials({ signal });
  const headers = new Headers(request.headers);
  const body = request.body === null || payload === 'unsigned' ? undefined : await request.arrayBuffer();
  if (place.service === 's3') {
    // Without this header, aws4fetch signs S3's body as unsigned.
    headers.set('x-amz-content-sha256', payload === 'unsigned' ? 'UNSIGNED-PAYLOAD' : await sha256(body));
  }
  const signer = new AwsV4Signer({
    method: request.method,
    url: request.url,
    headers,
    accessKeyId,
    secretAccessKey,
    sessionToken,
    ...place,
    ...(body === undefined ? {} : { body }),
    ...(at === undefined ? {} : { datetime: datetime(at) }),
  });
  return { headers: (await signer.sign()).headers as Headers, body };
}

/** aws4fetch reads both from the host and silently falls back to us-east-1. This function throws instead. */
function placeOf({ request, entry, options }: AuthorizeCall<Provider>): { service: string; region: string } {
  const { url, headers } = request;
  const guessed = new AwsV4Signer({
    url,
    headers: new Headers(headers),
    accessKeyId: '-',
    secretAccessKey: '-',
  });
  const found = {
    service: options.service ?? guessed.service,
    region: options.region ?? regionIn(url, guessed.region) ?? (entry as AwsEntry).region,
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
