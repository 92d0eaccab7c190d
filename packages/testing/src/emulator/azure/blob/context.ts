import { createHash } from 'node:crypto';
import type { ServiceRequest, EmulatorRuntime } from '../../service.js';
import { blobRefusal } from './refusal.js';
import type { BlobTarget } from './target.js';
import type { Container, StorageAccount, StoredBlob } from './storage-accounts.js';

/** One authorized request. */
export interface BlobContext {
  readonly runtime: EmulatorRuntime;
  readonly request: ServiceRequest;
  readonly account: StorageAccount;
  readonly target: BlobTarget;
}

/** What an operation answers besides the headers that every answer has. */
export interface BlobOutcome {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export function containerOf({ account, target }: BlobContext): Container {
  const container = account.containers.get(target.container);
  if (container === undefined) throw blobRefusal('ContainerNotFound');
  return container;
}

export function blobOf(context: BlobContext): StoredBlob {
  const blob = containerOf(context).blobs.get(context.target.blob);
  if (blob === undefined) throw blobRefusal('BlobNotFound');
  return blob;
}

export function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}

/** The headers of a request that begin with `x-ms-meta-`. */
export function metadataOf(request: ServiceRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => name.startsWith('x-ms-meta-')),
  );
}
