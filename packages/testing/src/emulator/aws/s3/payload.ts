import { createHash } from 'node:crypto';
import type { ServiceRequest } from '../../service.js';
import { invalidArgument, notImplemented, refuseS3 } from './responses.js';
import { algorithmOfHeader, checkedChecksums, severalChecksums } from './checksums.js';

interface ChunkedBody {
  readonly body: Uint8Array;
  /** Names in lower case. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** Bytes of a chunk that is not the last one. */
const LEAST_CHUNK = 8192;

/**
 * Decodes `Content-Encoding: aws-chunked`: chunks of `size[;extension]`, the data, a chunk of size 0, trailers.
 * Undefined where it doesn't end as it must.
 */
export function decodeAwsChunked(encoded: Uint8Array): ChunkedBody | undefined {
  const bytes = Buffer.from(encoded);
  const chunks: Buffer[] = [];
  let position = 0;
  const line = (): string | undefined => {
    const end = bytes.indexOf('\r\n', position);
    if (end === -1) return undefined;
    const text = bytes.toString('latin1', position, end);
    position = end + 2;
    return text;
  };

  for (;;) {
    const [, digits] = /^([0-9a-fA-F]{1,8})(?:;.*)?$/.exec(line() ?? '') ?? [];
    if (digits === undefined) return undefined;
    const size = Number.parseInt(digits, 16);
    if (size === 0) break;
    const before = chunks.at(-1)?.byteLength ?? LEAST_CHUNK;
    if (before < LEAST_CHUNK)
      refuseS3(
        'InvalidChunkSizeError',
        'Only the last chunk is allowed to have a size less than 8192 bytes',
        {
          Chunk: chunks.length + 1,
          BadChunkSize: before,
        },
      );
    if (position + size + 2 > bytes.length) return undefined;
    chunks.push(bytes.subarray(position, position + size));
    position += size;
    if (line() !== '') return undefined;
  }
  const trailers: Record<string, string> = {};
  for (let text = line(); text !== ''; text = line()) {
    const [, name, value] = /^([\w-]+):\s*(.*?)\s*$/.exec(text ?? '') ?? [];
    if (name === undefined || value === undefined) return undefined;
    trailers[name.toLowerCase()] = value;
  }
  return position === bytes.length ? { body: Buffer.concat(chunks), trailers } : undefined;
}

const UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** What `x-amz-content-sha256` may say: it is part of the signature, whether or not it is a hash. */
export function checkPayloadClaim(claim: string | undefined): string {
  if (claim === undefined) {
    return refuseS3('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  if (claim === 'UNSIGNED-PAYLOAD' || claim === UNSIGNED_TRAILER || /^[0-9a-f]{64}$/.test(claim))
    return claim;
  if (claim.startsWith('STREAMING-AWS4-')) notImplemented(`x-amz-content-sha256: ${claim}`);
  return invalidArgument(
    'x-amz-content-sha256',
    claim,
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.',
  );
}

interface Payload {
  readonly body: Uint8Array;
  /** `x-amz-checksum-*`, each of them recomputed. */
  readonly checksums: Readonly<Record<string, string>>;
}

/** The body as it is to be stored, after all that was said of it was found true. */
export function readPayload({ headers, body }: ServiceRequest): Payload {
  const claim = headers['x-amz-content-sha256'] ?? '';
  if (claim === UNSIGNED_TRAILER) return readStream(headers, body);
  // A body whose length is not said beforehand.
  if (headers['transfer-encoding'] !== undefined)
    refuseS3('NotImplemented', 'A header you provided implies functionality that is not implemented', {
      Header: 'Transfer-Encoding',
    });
  if (/^[0-9a-f]{64}$/.test(claim)) {
    const computed = createHash('sha256').update(body).digest('hex');
    if (computed !== claim) {
      refuseS3(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        { ClientComputedContentSHA256: claim, S3ComputedContentSHA256: computed },
      );
    }
  }
  return { body, checksums: checkedChecksums(headers, headers, body) };
}

function readStream(headers: ServiceRequest['headers'], encoded: Uint8Array): Payload {
  const length = headers['x-amz-decoded-content-length'];
  if (length === undefined || !/^\d+$/.test(length)) {
    refuseS3('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  const stream = decodeAwsChunked(encoded);
  if (stream === undefined || stream.body.byteLength !== Number(length)) {
    return refuseS3('IncompleteBody', 'The request body terminated unexpectedly');
  }
  // The trailer that was announced, and no other.
  const announced = (headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  if (announced.some((name) => name !== '' && algorithmOfHeader(name) === undefined))
    refuseS3('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported');
  const sent = Object.keys(stream.trailers);
  if (sent.length !== announced.length || !announced.every((name) => sent.includes(name))) {
    refuseS3(
      'MalformedTrailerError',
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    );
  }
  if (sent.length > 0 && Object.keys(headers).some((name) => algorithmOfHeader(name) !== undefined))
    severalChecksums();
  const { body, trailers } = stream;
  return { body, checksums: checkedChecksums({ ...headers, ...trailers }, headers, body) };
}
