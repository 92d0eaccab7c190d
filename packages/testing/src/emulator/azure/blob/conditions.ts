/** Conditional headers (RFC 9110, section 13) in the way of "Specifying conditional headers for Blob service operations". */
import { badHeader, blobRefusal } from './refusal.js';

export interface Existing {
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
