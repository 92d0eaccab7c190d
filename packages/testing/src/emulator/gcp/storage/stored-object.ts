/** An object of Cloud Storage and its JSON resource. https://cloud.google.com/storage/docs/json_api/v1/objects */
import { createHash } from 'node:crypto';
import { isoSeconds } from '../../runtime.js';
import { crc32c } from './crc32c.js';

/** The caller's own fields that an upload may carry. */
export interface ObjectFields {
  readonly contentType?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface StoredObject {
  readonly name: string;
  readonly content: Uint8Array;
  readonly fields: ObjectFields;
  /** Microseconds in Google's; only ever growing. */
  readonly generation: string;
  readonly createdAt: number;
  readonly md5Hash: string;
  readonly crc32c: string;
}

export function storeObject(
  from: Pick<StoredObject, 'name' | 'content' | 'fields' | 'generation' | 'createdAt'>,
): StoredObject {
  return {
    ...from,
    md5Hash: createHash('md5').update(from.content).digest('base64'),
    crc32c: crc32c(from.content),
  };
}

export const etagOf = (object: StoredObject): string =>
  Buffer.from(`${object.generation}/1`).toString('base64');

export function objectResource(bucket: string, object: StoredObject): Record<string, unknown> {
  const at = isoSeconds(object.createdAt);
  const self = `https://www.googleapis.com/storage/v1/b/${bucket}/o/${encodeURIComponent(object.name)}`;
  return {
    kind: 'storage#object',
    id: `${bucket}/${object.name}/${object.generation}`,
    selfLink: self,
    mediaLink: `https://storage.googleapis.com/download${new URL(self).pathname}?generation=${object.generation}&alt=media`,
    name: object.name,
    bucket,
    generation: object.generation,
    metageneration: '1',
    ...object.fields,
    storageClass: 'STANDARD',
    size: String(object.content.byteLength),
    md5Hash: object.md5Hash,
    crc32c: object.crc32c,
    etag: etagOf(object),
    timeCreated: at,
    updated: at,
    timeStorageClassUpdated: at,
  };
}
