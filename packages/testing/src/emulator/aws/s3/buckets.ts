import { createHash } from 'node:crypto';
import { AwsSetupError } from '../iam/identity-store.js';
import { partitionOfRegion } from '../partitions.js';

export interface StoredObject {
  readonly body: Uint8Array;
  /** In quotation marks, as the header has it. */
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly lastModified: number;
  /** What is given back with the object: content type, `x-amz-meta-*`, checksums. */
  readonly headers: Readonly<Record<string, string>>;
}

/** One part of an upload under way. */
export interface UploadedPart {
  readonly body: Uint8Array;
  /** In quotation marks. */
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly lastModified: number;
  /** What its sender said and was found true, or of the algorithm of the upload what was computed. */
  readonly checksums: Readonly<Record<string, string>>;
}

export interface MultipartUpload {
  readonly id: string;
  readonly key: string;
  /** Epoch milliseconds. */
  readonly initiated: number;
  /** The ARN of who began it, and its name. */
  readonly initiator: { readonly id: string; readonly name: string };
  /** What the object will be given back with. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: UploadChecksum | undefined;
  /** The object of this key when the upload began. */
  readonly replaces: StoredObject | undefined;
  /** By their numbers. */
  readonly parts: Map<number, UploadedPart>;
}

export interface UploadChecksum {
  /** In lower case. */
  readonly algorithm: string;
  /** Of the digests of the parts, or of the whole object. */
  readonly type: 'COMPOSITE' | 'FULL_OBJECT';
}

export interface Bucket {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  readonly objects: Map<string, StoredObject>;
  /** By their ids, in the order in which they began. */
  readonly uploads: Map<string, MultipartUpload>;
}

export interface BucketInput {
  /** Unique among all accounts of a partition. */
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
}

export const bucketArn = ({ name, region }: Bucket): string =>
  `arn:${partitionOfRegion(region)}:s3:::${name}`;

/** The canonical user id of an account: 64 hexadecimal digits that say nothing of it. */
export const ownerId = ({ accountId }: Bucket): string =>
  createHash('sha256').update(`canonical user of ${accountId}`).digest('hex');

export const etagOf = (body: Uint8Array): string => `"${createHash('md5').update(body).digest('hex')}"`;

/** "General purpose bucket naming rules" of the S3 user guide. */
const RESERVED = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

/** @throws AwsSetupError for a name, an account or a region that S3 refuses. */
export function createBucketIn(buckets: Map<string, Bucket>, input: BucketInput): void {
  const fault = (code: string, message: string): never => {
    throw new AwsSetupError(code, message);
  };
  const { name, accountId, region } = input;
  const isForm = /^(?!.*\.\.)(?!\d+(?:\.\d+){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name);
  if (!isForm || RESERVED.test(name)) {
    fault('InvalidBucketName', `The specified bucket is not valid: '${name}'.`);
  }
  if (!/^\d{12}$/.test(accountId)) fault('ValidationError', '`accountId` must be 12 digits.');
  if (!/^[a-z]{2,4}(?:-[a-z]+)+-\d+$/.test(region)) {
    fault('InvalidLocationConstraint', `The specified location-constraint is not valid: '${region}'.`);
  }
  if (buckets.has(name))
    fault('BucketAlreadyExists', `The requested bucket name '${name}' is not available.`);
  buckets.set(name, { ...input, objects: new Map(), uploads: new Map() });
}
