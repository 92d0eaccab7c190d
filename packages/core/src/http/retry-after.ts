/** How long a server asks to be left alone. Names of headers are in lower case. */

type Headers = Readonly<Record<string, unknown>>;

/** At most a day: a longer wait is a mistake that must not silence a process. */
const MAX_MS = 86_400_000;

/**
 * How long the server asked to be left alone, in milliseconds (RFC 9110, section 10.2.3). A date is read against
 * the answer's own `date`, so that no clock of ours has a say.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const exact = headers['retry-after-ms'] ?? headers['x-ms-retry-after-ms'];
  if (typeof exact === 'string' && /^\d{1,10}$/.test(exact)) return Math.min(Number(exact), MAX_MS);
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,10}$/.test(value)) return Math.min(Number(value) * 1_000, MAX_MS);
  const wait = Date.parse(value) - Date.parse(String(headers['date']));
  return Number.isFinite(wait) && wait >= 0 ? Math.min(wait, MAX_MS) : undefined;
}
