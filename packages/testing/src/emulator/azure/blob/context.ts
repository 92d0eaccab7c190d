import { createHash } from 'node:crypto';
import type { ServiceRequest, EmulatorRuntime } from '../../service.js';
import { blobRefusal, badHeader } from './refusal.js';
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

// Conditional headers (RFC 9110, section 13) in the way of "Specifying conditional headers for Blob service operations".

interface Existing {
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly modified: number;
}

type Headers = Readonly<Record<string, string>>;

/** Whether a read is answered with 304; throws where a precondition fails. */
export function notModified(headers: Headers, existing: Existing): boolean {
  checkMatch(headers, existing);
  const none = headers['if-none-match'];
  if (none !== undefined) return matches(none, existing);
  const since = dateOf(headers, 'if-modified-since');
  return since !== undefined && seconds(existing.modified) <= seconds(since);
}

/** Throws where a write or a delete is not to happen; `existing` is undefined where there is nothing yet. */
export function checkWrite(headers: Headers, existing: Existing | undefined): void {
  checkMatch(headers, existing);
  const none = headers['if-none-match'];
  if (none !== undefined && existing !== undefined && matches(none, existing))
    throw none.trim() === '*' ? blobRefusal('BlobAlreadyExists') : blobRefusal('ConditionNotMet');
  const since = dateOf(headers, 'if-modified-since');
  if (since !== undefined && existing !== undefined && seconds(existing.modified) <= seconds(since))
    throw blobRefusal('ConditionNotMet');
}

function checkMatch(headers: Headers, existing: Existing | undefined): void {
  const match = headers['if-match'];
  if (match !== undefined && (existing === undefined || !matches(match, existing)))
    throw blobRefusal('ConditionNotMet');
  const since = dateOf(headers, 'if-unmodified-since');
  if (since !== undefined && existing !== undefined && seconds(existing.modified) > seconds(since))
    throw blobRefusal('ConditionNotMet');
}

function matches(list: string, { etag }: Existing): boolean {
  const bare = (tag: string): string => tag.trim().replaceAll('"', '');
  return list.split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag));
}

function dateOf(headers: Headers, name: string): number | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw badHeader(name, value);
  return ms;
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

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
