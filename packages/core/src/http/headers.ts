/** The server's clock. */

type Headers = Readonly<Record<string, unknown>>;

/** The server's clock, epoch milliseconds; `undefined` where a cache on the way may have answered (RFC 9111, 5.1). */
export function serverDate(headers: Headers): number | undefined {
  if (headers['age'] !== undefined || typeof headers['date'] !== 'string') return undefined;
  const date = Date.parse(headers['date']);
  return Number.isNaN(date) ? undefined : date;
}
