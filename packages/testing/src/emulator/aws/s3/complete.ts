/** CompleteMultipartUpload: the list of parts is compared with what was uploaded, then the parts become an object. */

import { createHash } from 'node:crypto';
import { SaxesParser } from 'saxes';
import type { ServiceAnswer } from '../../service.js';
import type { MultipartUpload, StoredObject, UploadChecksum, UploadedPart } from './buckets.js';
import { refuseS3, s3XmlAnswer } from './responses.js';
import { DEFAULT_CHECKSUM, algorithmOfHeader, checksumOf, isChecksumAlgorithm } from './checksums.js';
import { checksumElement, uploadOf } from './multipart.js';
import { checkWriteConditions } from './conditions.js';
import type { ObjectRequest } from './object-request.js';
import { readPayload } from './payload.js';

/** The XML that S3's clients send: elements and text, entities resolved. */
interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  /** Of an element without children. */
  text: string;
}

const MOST_ELEMENTS = 50_000;

/** Undefined for what is not well-formed, and for a document type, a processing instruction, a comment or CDATA. */
function readXml(document: string): XmlElement | undefined {
  const root: XmlElement = { name: '', children: [], text: '' };
  const open = [root];
  let elements = 0;
  const refuse = (): never => {
    throw new SyntaxError('This XML is refused.');
  };
  const parser = new SaxesParser();
  for (const event of ['error', 'doctype', 'processinginstruction', 'comment', 'cdata'] as const)
    parser.on(event, refuse);
  parser.on('opentag', ({ name }) => {
    elements += 1;
    if (elements > MOST_ELEMENTS) refuse();
    const element: XmlElement = { name, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const current = open.at(-1);
    if (current !== undefined) current.text += text;
  });
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed !== undefined && closed.children.length > 0) closed.text = '';
  });
  try {
    parser.write(document).close();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return root.children[0];
}

const LEAST_BYTES = 5 * 1024 * 1024;

interface ListedPart {
  readonly number: number;
  /** Without quotation marks. */
  readonly etag: string;
  /** By algorithm, in lower case. */
  readonly checksums: ReadonlyMap<string, string>;
}

export function completeUpload(task: ObjectRequest): ServiceAnswer {
  const { request, bucket, key, now, ids } = task;
  const upload = uploadOf(bucket, key, request.query.get('uploadId') ?? '');
  checkMode(upload, request.headers['x-amz-checksum-type']);
  const parts = matched(upload, listedParts(readBody(request)));
  const body = Buffer.concat(parts.map((part) => part.body));
  checkSize(request.headers['x-amz-mp-object-size'], body.byteLength);
  const checksum = objectChecksum(upload, parts, body);
  checkSaid(request.headers, checksum);
  checkWriteConditions(task, upload);

  const digests = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ''), 'hex'));
  const object: StoredObject = {
    body,
    etag: `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}"`,
    lastModified: now,
    headers: {
      ...upload.headers,
      [`x-amz-checksum-${checksum.algorithm}`]: checksum.value,
      'x-amz-checksum-type': checksum.type,
    },
  };
  bucket.objects.set(key, object);
  bucket.uploads.delete(upload.id);
  const result = {
    Location: `http${request.secure ? 's' : ''}://${request.host}${request.path}`,
    Bucket: bucket.name,
    Key: key,
    ETag: object.etag,
    [checksumElement(checksum.algorithm)]: checksum.value,
    ChecksumType: checksum.type,
  };
  return s3XmlAnswer({ CompleteMultipartUploadResult: result }, ids);
}

/** The checksums in the headers are of the object that is to be, not of this list. */
function readBody(request: ObjectRequest['request']): string {
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => algorithmOfHeader(name) === undefined),
  );
  delete headers['x-amz-sdk-checksum-algorithm'];
  return Buffer.from(readPayload({ ...request, headers }).body).toString();
}

function checkMode({ checksum }: MultipartUpload, said: string | undefined): void {
  if (said === undefined || said === checksum?.type) return;
  refuseS3(
    'InvalidRequest',
    `The upload was created using the ${checksum?.type ?? 'null'} checksum mode. The complete request must use the same checksum mode.`,
  );
}

const malformedXml = (): never =>
  refuseS3(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

function listedParts(text: string): readonly ListedPart[] {
  const none = (): never => refuseS3('InvalidRequest', 'You must specify at least one part');
  if (text === '') return none();
  const root = readXml(text);
  if (root?.name !== 'CompleteMultipartUpload') return malformedXml();
  if (root.children.length === 0) return none();
  return root.children.map(listedPart);
}

function listedPart({ name, children }: XmlElement): ListedPart {
  const text = (child: string): string | undefined => children.find((one) => one.name === child)?.text;
  const [number, etag] = [text('PartNumber')?.trim(), text('ETag')?.trim()];
  const isPart = name === 'Part' && new Set(children.map((one) => one.name)).size === children.length;
  if (!isPart || number === undefined || etag === undefined || !/^\d{1,10}$/.test(number))
    return malformedXml();
  const checksums = new Map<string, string>();
  for (const child of children) {
    const algorithm = /^Checksum(\w+)$/.exec(child.name)?.[1]?.toLowerCase();
    if (algorithm !== undefined && isChecksumAlgorithm(algorithm))
      checksums.set(algorithm, child.text.trim());
    else if (child.name !== 'PartNumber' && child.name !== 'ETag') malformedXml();
  }
  return { number: Number(number), etag: etag.replace(/^"(.*)"$/, '$1'), checksums };
}

/** The parts that are listed, in their order. */
function matched(upload: MultipartUpload, listed: readonly ListedPart[]): readonly UploadedPart[] {
  if (listed.some(({ number }, index) => number <= (listed[index - 1]?.number ?? 0)))
    refuseS3(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
      { UploadId: upload.id },
    );
  const parts = listed.map((one) => matchedPart(upload, one));
  const small = parts.findIndex(
    (part, index) => index < parts.length - 1 && part.body.byteLength < LEAST_BYTES,
  );
  const [part, one] = [parts[small], listed[small]];
  if (part !== undefined && one !== undefined)
    refuseS3('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      ProposedSize: part.body.byteLength,
      MinSizeAllowed: LEAST_BYTES,
      PartNumber: one.number,
      ETag: one.etag,
    });
  return parts;
}

function matchedPart(upload: MultipartUpload, { number, etag, checksums }: ListedPart): UploadedPart {
  const invalid = (): never =>
    refuseS3(
      'InvalidPart',
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { UploadId: upload.id, PartNumber: number, ETag: etag },
    );
  const part = upload.parts.get(number);
  if (part === undefined || part.etag !== `"${etag}"`) return invalid();
  const { checksum } = upload;
  if (checksum === undefined) return checksums.size > 0 ? invalid() : part;
  const { algorithm, type } = checksum;
  const other = [...checksums.keys()].find((one) => one !== algorithm);
  if (other !== undefined)
    refuseS3('BadDigest', `The ${other} you specified for part ${number} did not match what we received.`);
  const said = checksums.get(algorithm);
  if (said === undefined && type === 'COMPOSITE')
    refuseS3(
      'InvalidRequest',
      `The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
    );
  if (said !== undefined && said !== part.checksums[`x-amz-checksum-${algorithm}`]) return invalid();
  return part;
}

function checkSize(said: string | undefined, size: number): void {
  if (said === undefined || said === String(size)) return;
  refuseS3(
    'InvalidRequest',
    `The provided 'x-amz-mp-object-size' header value ${said} does not match what was computed: ${size}`,
  );
}

type ObjectChecksum = UploadChecksum & { readonly value: string };

function objectChecksum(
  { checksum = DEFAULT_CHECKSUM }: MultipartUpload,
  parts: readonly UploadedPart[],
  body: Uint8Array,
): ObjectChecksum {
  const { algorithm, type } = checksum;
  if (type === 'FULL_OBJECT') return { algorithm, type, value: checksumOf(algorithm, body) };
  const digests = parts.map(({ checksums }) =>
    Buffer.from(checksums[`x-amz-checksum-${algorithm}`] ?? '', 'base64'),
  );
  return { algorithm, type, value: `${checksumOf(algorithm, Buffer.concat(digests))}-${parts.length}` };
}

/** What the headers say of the whole object. The number of parts may be left out. */
function checkSaid(headers: Readonly<Record<string, string>>, { algorithm, value }: ObjectChecksum): void {
  for (const [name, said] of Object.entries(headers)) {
    const other = algorithmOfHeader(name);
    if (other === undefined) continue;
    if (other !== algorithm || ![value, value.replace(/-\d+$/, '')].includes(said))
      refuseS3('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
}
