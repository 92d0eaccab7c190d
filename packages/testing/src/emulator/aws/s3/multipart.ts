/** Multipart uploads: how they begin, take parts, are listed and end without an object. */

import type { ServiceAnswer, EmulatorRuntime } from '../../service.js';
import { etagOf, ownerId } from './buckets.js';
import type { Bucket, MultipartUpload, UploadChecksum, UploadedPart } from './buckets.js';
import { uploadId } from '../identifiers.js';
import { invalidArgument, refuseS3, s3Answer, s3XmlAnswer } from './responses.js';
import { checksumOf, isChecksumAlgorithm, unsupported } from './checksums.js';
import { keptHeaders, type ObjectRequest } from './object-request.js';
import { readPayload } from './payload.js';
import { callerArn } from '../sessions.js';
import type { XmlElements } from '../../xml.js';

const MOST_PARTS = 10_000;

/** CreateMultipartUpload. */
export function createUpload(task: ObjectRequest, runtime: EmulatorRuntime): ServiceAnswer {
  const { request, bucket, key, caller, now, ids } = task;
  const checksum = uploadChecksum(request.headers);
  const arn = callerArn(caller);
  const upload: MultipartUpload = {
    id: uploadId(runtime),
    key,
    initiated: now,
    initiator: { id: arn, name: arn.split('/').at(-1) ?? arn },
    headers: keptHeaders(request.headers),
    checksum,
    replaces: bucket.objects.get(key),
    parts: new Map(),
  };
  bucket.uploads.set(upload.id, upload);
  const result = { Bucket: bucket.name, Key: key, UploadId: upload.id };
  const answer = s3XmlAnswer({ InitiateMultipartUploadResult: result }, ids);
  if (checksum === undefined) return answer;
  const { algorithm, type } = checksum;
  const said = { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': type };
  return { ...answer, headers: { ...answer.headers, ...said } };
}

function uploadChecksum(headers: Readonly<Record<string, string>>): UploadChecksum | undefined {
  const algorithm = headers['x-amz-checksum-algorithm']?.toLowerCase();
  const type = headers['x-amz-checksum-type'];
  if (algorithm === undefined) {
    if (type === undefined) return undefined;
    return refuseS3(
      'InvalidRequest',
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  }
  if (!isChecksumAlgorithm(algorithm)) return unsupported();
  const usual = algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE';
  if (type === undefined) return { algorithm, type: usual };
  if (type !== 'COMPOSITE' && type !== 'FULL_OBJECT')
    return refuseS3('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.');
  const fits = type === usual || algorithm === 'crc32' || algorithm === 'crc32c';
  if (!fits)
    refuseS3(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  return { algorithm, type };
}

/** An upload of this very key. */
export function uploadOf(bucket: Bucket, key: string, id: string): MultipartUpload {
  const upload = bucket.uploads.get(id);
  if (upload !== undefined && upload.key === key) return upload;
  return refuseS3(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: id },
  );
}

/** UploadPart. A part takes the place of one of the same number. */
export function uploadPart({ request, bucket, key, now, ids }: ObjectRequest): ServiceAnswer {
  const { query } = request;
  const text = query.get('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MOST_PARTS)
    invalidArgument('partNumber', text, 'Part number must be an integer between 1 and 10000, inclusive');
  const upload = uploadOf(bucket, key, query.get('uploadId') ?? '');
  const { body, checksums } = readPayload(request);
  const all = partChecksums(upload.checksum, checksums, body);
  const etag = etagOf(body);
  upload.parts.set(number, { body: Uint8Array.from(body), etag, lastModified: now, checksums: all });
  return s3Answer(200, { etag, ...all }, '', ids);
}

function partChecksums(
  checksum: UploadChecksum | undefined,
  said: Readonly<Record<string, string>>,
  body: Uint8Array,
): Readonly<Record<string, string>> {
  if (checksum === undefined) return said;
  const { algorithm } = checksum;
  const name = `x-amz-checksum-${algorithm}`;
  const other = Object.keys(said).find((one) => one !== name);
  if (other !== undefined)
    refuseS3(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${algorithm}, actual checksum Type: ${other.replace('x-amz-checksum-', '')}`,
    );
  return { [name]: said[name] ?? checksumOf(algorithm, body) };
}

/** AbortMultipartUpload. */
export function abortUpload({ request, bucket, key, ids }: ObjectRequest): ServiceAnswer {
  bucket.uploads.delete(uploadOf(bucket, key, request.query.get('uploadId') ?? '').id);
  return s3Answer(204, {}, '', ids);
}

/** A limit or a marker of a list: empty as if it were not there. */
export function listNumber(query: URLSearchParams, name: string, usual: number, most: number): number {
  const text = query.get(name) ?? '';
  if (text === '') return usual;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2_147_483_647)
    invalidArgument(name, text, `Provided ${name} not an integer or within integer range`);
  return Math.min(Number(text), most);
}

/** What both lists say of an upload. */
export const uploadElements = (bucket: Bucket, { initiator, checksum }: MultipartUpload): XmlElements => ({
  Initiator: { ID: initiator.id, DisplayName: initiator.name },
  Owner: { ID: ownerId(bucket) },
  StorageClass: 'STANDARD',
  ChecksumAlgorithm: checksum?.algorithm.toUpperCase(),
  ChecksumType: checksum?.type,
});

/** `ChecksumCRC64NVME`. */
export const checksumElement = (algorithm: string): string => `Checksum${algorithm.toUpperCase()}`;

/** ListParts. */
export function listParts({ request, bucket, key, ids }: ObjectRequest): ServiceAnswer {
  const { query } = request;
  const upload = uploadOf(bucket, key, query.get('uploadId') ?? '');
  const limit = listNumber(query, 'max-parts', 1000, 1000);
  const marker = listNumber(query, 'part-number-marker', 0, 2_147_483_647);
  const rest = [...upload.parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
  const page = rest.slice(0, limit);
  // Without an algorithm of the upload, what a part was sent with is not told.
  const checksumsOf = ({ checksums }: UploadedPart): XmlElements => {
    const algorithm = upload.checksum?.algorithm;
    if (algorithm === undefined) return {};
    return { [checksumElement(algorithm)]: checksums[`x-amz-checksum-${algorithm}`] };
  };
  const result = {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.id,
    ...uploadElements(bucket, upload),
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.[0] ?? 0,
    MaxParts: limit,
    IsTruncated: rest.length > page.length,
    Part: page.map(([number, part]) => ({
      PartNumber: number,
      LastModified: new Date(part.lastModified).toISOString(),
      ETag: part.etag,
      Size: part.body.byteLength,
      ...checksumsOf(part),
    })),
  };
  return s3XmlAnswer({ ListPartsResult: result }, ids);
}
