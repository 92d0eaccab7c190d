/**
 * Text for people, on one line: characters that hide, move the cursor or turn the direction are escaped, and no URL shows its
 * password. Part of each call's code, so it is short; `redact.ts`, which is loaded with the first failure, removes secrets.
 */

/** Runs of controls, formats (the turns of direction among them), halves of surrogate pairs, odd spaces, blank letters. */
export const UNSEEN: RegExp = /(?:(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Z}\u115f\u1160\u2800\u3164\uffa0])+/gu;

const escaped = (character: string): string => {
  const code = (character.codePointAt(0) as number).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
};

/** The whole text on one line; a newline is an escape too. */
export const visible = (text: string): string =>
  text.replace(UNSEEN, (run) => Array.from(run, escaped).join(''));

/** At most `keep` characters of the text on one line, and `…` where it is longer. */
export function oneLine(text: string, keep: number): string {
  const line = visible(text.slice(0, keep + 1));
  // Not within an escape, and not between the halves of a surrogate pair.
  const partial = /\\[xu]?\{?[0-9a-f]*$|[\ud800-\udbff]$/;
  return line.length > keep ? `${line.slice(0, keep).replace(partial, '')}…` : line;
}

/** Longest value of others, such as a path, an argument or a claim, that a message quotes. */
const LONGEST_VALUE = 256;

/** A value of others in a message: escaped, and cut at 256 characters. */
export const shown = (value: string): string => oneLine(value, LONGEST_VALUE);

export const CUT = '[cut]';

/** A body of megabytes must not cost seconds: no more than this is looked at. */
export const LOOKED_AT = 8_192;

/**
 * User name and password of a URL (RFC 3986, section 3.2.1), also where they are not encoded as they should be: up to the
 * last `@` before a slash, or up to the last one at all behind a colon that no port follows.
 */
const USERINFO =
  /\b([a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^\s/"'<>]*|[^\s/:@"'<>]*:(?!\d{1,5}(?:[/?#]|$))[^\s"'<>]*)@/gi;
/** The text without the user names and passwords of its URLs, such as a proxy's. */
export function withoutUserinfo(text: string): string {
  return text.includes('@') ? text.replace(USERINFO, `$1${CUT}@`) : text;
}

/**
 * Longest line of a message or hint. The values in it are shorter; this holds where the author of a token source, an
 * exchanger or a configuration quotes one whole.
 */
const LONGEST_LINE = 2_048;

/** A line of an error of ours: what can't be seen is escaped, and no URL shows its password. */
export const errorLine = (text: string): string => oneLine(withoutUserinfo(beginningOf(text)), LONGEST_LINE);

/** Up to the last white space before the limit, so that no URL is cut in its password. */
function beginningOf(text: string): string {
  if (text.length <= LOOKED_AT) return text;
  let end = LOOKED_AT;
  while (end > 0 && !/\s/.test(text.charAt(end - 1))) end -= 1;
  return `${text.slice(0, end)}…`;
}

/**
 * True for errors of this realm and of any other. In Jest, in a vm context and in an edge sandbox the errors of the host
 * (`ECONNREFUSED`, a TypeError of fetch) are no instances of the `Error` that this module sees.
 */
export function isError(value: unknown): value is Error {
  if (value instanceof Error) return true;
  try {
    return /^\[object (Error|DOMException)\]$/.test(Object.prototype.toString.call(value));
  } catch {
    // A getter of the value's own threw.
    return false;
  }
}
