/**
 * Text from servers, libraries, tokens and the environment, made safe to print. It is untrusted and may hold the token
 * that was sent: secrets are removed. Loaded with the first failure.
 */

import { CUT, isError, LOOKED_AT, UNSEEN, withoutUserinfo } from './visible.js';

/** What cannot be seen is removed; controls, line breaks and odd spaces become one space. */
export const withoutUnseen = (text: string): string =>
  text.replace(UNSEEN, (run) => (/[\p{Cc}\p{Z}]/u.test(run) ? ' ' : ''));

/** What begins like a secret is one, however short: a JWT's header, Google's tokens, AWS's key ids. */
const MARKED =
  /eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,4}|ya29\.[\w.-]+|GOCSPX-[\w-]+|(?:AKIA|ASIA)[A-Z0-9]{12,}/g;
/** A form or a JSON that was echoed: the value goes, whatever it looks like. */
const NAMED =
  /((?:client_)?assertion|(?:subject|access|refresh|id|session|security|identity)_?token|(?:client_)?secret|secret_?(?:access_?)?key|password)(["']?[=:]["']?)[^\s"'&,;<>]{8,}/gi;
const BEARER = /\b(bearer|basic)\s+[A-Za-z0-9+/=_.~-]{8,}/gi;
/** An id that a support case needs follows: VPC Service Controls' and request ids look like chance. */
const LABEL =
  /(?:vpcServiceControlsUniqueIdentifier|(?:request|trace|correlation)[ _-]?id)["']?[:=]?\s{0,2}["']?$/i;
/** Base64url without a dot, so that neither a JWT nor a key of AWS with its slashes passes as an id. */
const ID = /^[\w-]{1,128}$/;
/** Long unbroken runs: base64, base64url and hex, with the backslashes of escaped slashes. */
const RUN = /[A-Za-z0-9+/=_.~%\\-]{20,}/g;
/** What follows a cut line of a token is its next line, however short. */
const NEXT_LINE = /(\[cut\]\s+)([A-Za-z0-9+/=_.~%\\-]{8,})/g;
const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
/** An unbroken part of this length is no word of any language. */
const LONGEST_PART = 32;
/** Of one kind of characters, or a word with its capital: `us`, `WEB`, `123456789012`, `Invalid`. */
const PLAIN = /^(?:[A-Z]?[a-z]+|[A-Z]+|\d+)$/;
/** Letters for each word of mixed parts, on average: 5 in camelCase, 2.2 in random base64, 1.7 in hex. */
const READABLE = 3.4;
/** Fewer mixed letters than this are no key. */
const LEAST_MIXED = 12;

/** Cuts token-shaped runs and control characters, and keeps `keep` characters (default 300). */
export function cleanServerText(text: string, keep = 300): string {
  const cleaned = withoutSecrets(withoutUnseen(text.slice(0, LOOKED_AT))).trim();
  if (cleaned.length <= keep) return cleaned;
  // Not between the halves of a surrogate pair.
  return `${cleaned.slice(0, keep).replace(/[\ud800-\udbff]$/, '')}…`;
}

function withoutSecrets(text: string): string {
  return withoutUserinfo(text)
    .replace(RUN, (run, at: number) => (isReadable(run) || isLabelledId(text, run, at) ? run : CUT))
    .replace(MARKED, CUT)
    .replace(NAMED, `$1$2${CUT}`)
    .replace(BEARER, `$1 ${CUT}`)
    .replace(NEXT_LINE, (both, cut: string, run: string) => (isOfWords(run, 4) ? both : cut.trimEnd()));
}

/** A label that is part of the run itself, as in `id=…`, counts as one before it. */
function isLabelledId(text: string, run: string, at: number): boolean {
  const own = /^(.*[=:])?([^=:]*)$/.exec(run);
  const before = text.slice(Math.max(0, at - 60), at) + (own?.[1] ?? '');
  return ID.test(own?.[2] ?? '') && LABEL.test(before);
}

/** Names, hosts, paths and ids stay readable: what is made of words, of long numbers, or a GUID. */
function isReadable(run: string): boolean {
  const rest = run.replace(GUID, '').replace('vpcServiceControlsUniqueIdentifier', '');
  return rest.length < 20 || isOfWords(rest, LEAST_MIXED);
}

/** What a 40-letter key of chance passes once in a million. `least`: mixed letters that are judged at all. */
function isOfWords(run: string, least: number): boolean {
  const parts = run.split(/[^A-Za-z0-9]+/);
  if (parts.some((part) => part.length >= LONGEST_PART)) return false;
  const mixed = parts.filter((part) => part !== '' && !PLAIN.test(part));
  return [...mixed, mixed.join(' ')].every(
    (part) => part.replaceAll(' ', '').length < least || lettersAWord(part) >= READABLE,
  );
}

function lettersAWord(part: string): number {
  const words = part.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];
  let letters = 0;
  let count = 0;
  for (const word of words) {
    letters += Math.min(word.length, 10);
    // Chance makes few vowels: what can't be spoken is no word.
    const vowels = word.match(/[aeiouy]/gi)?.length ?? 0;
    count += word.length >= 3 && !/\d/.test(word) && vowels < word.length / 4 ? word.length / 2 : 1;
  }
  return letters / count;
}

/** How many levels of causes are kept: the reason of `fetch failed` is one level down. */
const DEEPEST_CAUSE = 3;

/**
 * Another library's error as `cause`: its name, its cleaned message and a short code, in a new object, and so its own
 * causes. The original is dropped, since libraries hang requests, configurations and bodies on their errors.
 */
export function scrubbedCause(cause: unknown, depth = 1): Error | undefined {
  if (!isError(cause)) return undefined;
  const inner = depth < DEEPEST_CAUSE ? scrubbedCause(read(cause, 'cause'), depth + 1) : undefined;
  const scrubbed = new Error(
    textOf(cause, 'message', 300) ?? '',
    inner === undefined ? {} : { cause: inner },
  );
  scrubbed.name = textOf(cause, 'name', 60) ?? 'Error';
  // The stack of the original starts with its message, so none is kept.
  scrubbed.stack = `${scrubbed.name}: ${scrubbed.message}`;
  const code = textOf(cause, 'code', 60);
  if (code !== undefined) Object.defineProperty(scrubbed, 'code', { value: code, enumerable: true });
  return scrubbed;
}

function textOf(error: Error, member: string, keep: number): string | undefined {
  const value = read(error, member);
  return typeof value === 'string' ? cleanServerText(value, keep) : undefined;
}

function read(error: Error, member: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[member];
  } catch {
    // A getter threw: the original error matters more.
    return undefined;
  }
}
