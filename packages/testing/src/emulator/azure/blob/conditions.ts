/** Conditional headers, as "Specifying conditional headers for Blob service operations" has them. */
import { parseHttpDate } from '../../runtime.js';
import { badHeader, blobRefusal } from './refusal.js';

interface Existing {
  readonly etag: string;
  /** Epoch milliseconds. */
  readonly modified: number;
}

type Headers = Readonly<Record<string, string>>;

const NAMES = ['if-match', 'if-unmodified-since', 'if-none-match', 'if-modified-since'] as const;

/**
 * Whether a read is answered with 304; throws where a precondition fails. The formula is Azure's own:
 * If-Match && If-Unmodified-Since && (If-None-Match || If-Modified-Since). RFC 9110 ignores the last one next to
 * If-None-Match.
 */
export function notModified(headers: Headers, existing: Existing): boolean {
  const none = tagsOf(headers, 'if-none-match');
  // Azure/Azurite, ReadConditionalHeadersValidator.
  if (none?.includes('*') === true) throw blobRefusal('UnsatisfiableCondition');
  const match = tagsOf(headers, 'if-match');
  if (match !== undefined && !matches(match, existing)) throw blobRefusal('ConditionNotMet');
  if (isModified(headers, 'if-unmodified-since', existing) === true) throw blobRefusal('ConditionNotMet');
  const modified = isModified(headers, 'if-modified-since', existing);
  const other = none === undefined ? undefined : !matches(none, existing);
  return [modified, other].includes(false) && ![modified, other].includes(true);
}

/** Throws where a write or a delete is not to happen; `existing` is undefined where there is nothing yet. */
export function checkWrite(
  headers: Headers,
  existing: Existing | undefined,
  kind: 'overwrite' | 'delete' = 'overwrite',
): void {
  const [match, none] = [tagsOf(headers, 'if-match'), tagsOf(headers, 'if-none-match')];
  // One of them, or a tag with the date that goes with it; of tags only one.
  const sent = NAMES.filter((name) => headers[name] !== undefined).join();
  const isPair = sent === NAMES.slice(0, 2).join() || sent === NAMES.slice(2).join();
  if ((sent.includes(',') && !isPair) || [match, none].some((tags) => (tags?.length ?? 0) > 1))
    throw blobRefusal('MultipleConditionHeadersNotSupported');
  if (existing === undefined) {
    if (match !== undefined) throw blobRefusal('ConditionNotMet');
    checkDates(headers, undefined);
  } else if (none !== undefined) {
    // Guessed: what Azure answers to a delete with `*`.
    if (none.includes('*')) throw blobRefusal(kind === 'delete' ? 'ConditionNotMet' : 'BlobAlreadyExists');
    if (matches(none, existing)) throw blobRefusal('ConditionNotMet');
  } else if (match === undefined) checkDates(headers, existing);
  else if (!matches(match, existing)) throw blobRefusal('ConditionNotMet');
}

/** The dates alone: all that a container has. */
export function checkDates(headers: Headers, existing: Existing | undefined): void {
  if (isModified(headers, 'if-modified-since', existing) === false) throw blobRefusal('ConditionNotMet');
  if (isModified(headers, 'if-unmodified-since', existing) === true) throw blobRefusal('ConditionNotMet');
}

const bare = (tag: string): string => tag.trim().replaceAll('"', '');

const tagsOf = (headers: Headers, name: (typeof NAMES)[number]): readonly string[] | undefined =>
  headers[name]?.split(',').map(bare);

const matches = (tags: readonly string[], { etag }: Existing): boolean =>
  tags.some((tag) => tag === '*' || tag === bare(etag));

/** Undefined without the header, and where nothing is there. */
function isModified(
  headers: Headers,
  name: (typeof NAMES)[number],
  existing: Existing | undefined,
): boolean | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  const since = parseHttpDate(value);
  if (since === undefined) throw badHeader(name, value);
  return existing === undefined ? undefined : Math.floor(existing.modified / 1000) * 1000 > since;
}
