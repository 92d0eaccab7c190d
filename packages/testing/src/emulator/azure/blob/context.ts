import { createHash } from 'node:crypto';
import type { ServiceRequest, EmulatorRuntime } from '../../service.js';
import { blobRefusal } from './refusal.js';
import type { Container, StorageAccount, StoredBlob } from './storage-accounts.js';
import { decodedPart } from '../../request-content.js';

// Which account, container and blob a request is for.

export interface BlobTarget {
  readonly account: string;
  /** Empty where the account itself is meant. */
  readonly container: string;
  /** Empty where the container itself is meant; may hold slashes. */
  readonly blob: string;
}

/** `https://{account}.blob.core.windows.net/{container}/{blob}`, or with the account as the first path segment. */
export function targetOf(request: ServiceRequest): BlobTarget {
  const [, named] = /^([a-z0-9]{3,24})(?:-secondary)?\.blob\./.exec(request.host.toLowerCase()) ?? [];
  const segments = request.path
    .split('/')
    .slice(1)
    .map((part) => {
      const decoded = decodedPart(part);
      if (decoded === undefined) throw blobRefusal('InvalidUri');
      return decoded;
    });
  const [account = '', container = '', ...blob] = named === undefined ? segments : [named, ...segments];
  return { account, container, blob: blob.join('/') };
}

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

/** Bytes of names and values together. */
const MOST_METADATA = 8192;

/** The headers of a request that begin with `x-ms-meta-`. Refuses names that are no C# identifiers, and more than is kept. */
export function metadataOf(request: ServiceRequest): Record<string, string> {
  const metadata = Object.entries(request.headers).filter(([name]) => name.startsWith('x-ms-meta-'));
  const names = metadata.map(([name]) => name.slice('x-ms-meta-'.length));
  if (names.includes('')) throw blobRefusal('EmptyMetadataKey');
  if (names.some((name) => !/^[A-Za-z_]\w*$/.test(name))) throw blobRefusal('InvalidMetadata');
  const size = names.join('').length + metadata.reduce((sum, [, value]) => sum + value.length, 0);
  if (size > MOST_METADATA) throw blobRefusal('MetadataTooLarge');
  return Object.fromEntries(metadata);
}
