import type { ServiceRequest } from '../../service.js';
import type { Bucket } from '../directory.js';
import type { Notes } from '../google-errors.js';
import type { Permission } from '../roles.js';

/** What a method of Cloud Storage needs, once its caller and bucket are known. */
export interface BucketCall {
  readonly request: ServiceRequest;
  readonly bucket: Bucket;
  /** Empty where the path names none. */
  readonly objectName: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly notes: Notes;
  nextGeneration(): string;
  /** Refuses where the caller has not the permission on the bucket. */
  assertMay(this: void, permission: Permission): void;
}
