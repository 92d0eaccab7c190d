/**
 * Headers that all versions of Google's clients can read. Clients with google-auth-library 10 or later read a `Headers`
 * object. Clients with version 9 (@google-cloud/storage 7) merge it by `Object.assign`, which copies only own enumerable
 * properties, so a plain `Headers` would send no Authorization. Names are in lower case.
 */
export function portableHeaders(entries: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(entries);
  for (const [name, value] of Object.entries(entries))
    Object.defineProperty(headers, name, { value, enumerable: true, writable: true, configurable: true });
  // request() of version 9 reads this spelling. It is not enumerable, so that a merge does not copy the header twice.
  Object.defineProperty(headers, 'Authorization', { value: entries['authorization'], configurable: true });
  return headers;
}
