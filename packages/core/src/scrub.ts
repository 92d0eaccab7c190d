/**
 * What a server or a foreign library says is untrusted and may hold the token it was sent. Nothing of it
 * reaches a user but through here.
 */

const CUT = '[cut]';

/** A JWT, or two dotted base64url runs of one: header and payload are enough to leak claims. */
const JWT = /[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g;
/** Access keys of AWS, session tokens, Google and Entra access tokens, signatures: long unbroken runs. */
const AWS_KEY_ID = /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g;
const GOOGLE_TOKEN = /\bya29\.[\w.-]+/g;
const LONG_RUN = /[A-Za-z0-9+/=_%-]{40,}/g;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Cuts token-shaped runs and control characters, and keeps `keep` characters (default 300). */
export function cleanServerText(text: string, keep = 300): string {
  const cleaned = text
    // A bounded prefix first: a body of megabytes must not cost seconds of regular expressions.
    .slice(0, 8192)
    .replace(CONTROL, ' ')
    .replace(JWT, (run) => (looksLikeHostOrWord(run) ? run : CUT))
    .replace(GOOGLE_TOKEN, CUT)
    .replace(AWS_KEY_ID, CUT)
    .replace(LONG_RUN, (run) => (isReadablePath(run) ? run : CUT))
    .trim();
  return cleaned.length > keep ? `${cleaned.slice(0, keep)}…` : cleaned;
}

/** `oidc.vercel.com`, `sts.amazonaws.com`: dotted, but no part is long and mixed as base64url is. */
function looksLikeHostOrWord(run: string): boolean {
  return run
    .split('.')
    .every((part) => part.length < 32 && !(/[A-Z]/.test(part) && /[a-z]/.test(part) && /\d/.test(part)));
}

/** Paths and ARNs of plain words stay readable: `projects/1234/locations/global/workloadIdentityPools/p`. */
function isReadablePath(run: string): boolean {
  return run
    .split(/[/=]/)
    .every((part) => part.length < 40 && !(/[A-Z]/.test(part) && /\d/.test(part) && part.length > 16));
}

/**
 * A foreign error as `cause`: its name, its cleaned message and a short code, in a new object. The original
 * is dropped, since libraries hang requests, configurations and bodies on their errors.
 */
export function scrubbedCause(cause: unknown): Error | undefined {
  if (cause === undefined || cause === null) return undefined;
  if (!(cause instanceof Error)) return undefined;
  const scrubbed = new Error(cleanServerText(cause.message));
  scrubbed.name = cleanServerText(cause.name, 60);
  // The trace of a foreign error starts with its message; ours has no trace of its own to offer.
  scrubbed.stack = `${scrubbed.name}: ${scrubbed.message}`;
  const { code } = cause as { code?: unknown };
  if (typeof code === 'string')
    Object.defineProperty(scrubbed, 'code', { value: cleanServerText(code, 60), enumerable: true });
  return scrubbed;
}
