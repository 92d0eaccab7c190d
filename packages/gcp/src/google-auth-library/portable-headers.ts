/**
 * Headers that every generation of Google's clients can read. Those made with google-auth-library 10 and later
 * take a `Headers` object; those that carry version 9 (@google-cloud/storage 7) merge it by `Object.assign`,
 * which copies own enumerable properties only and would send no Authorization at all, in silence. Names are in
 * lower case.
 */
export function portableHeaders(entries: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(entries);
  for (const [name, value] of Object.entries(entries))
    Object.defineProperty(headers, name, { value, enumerable: true, writable: true, configurable: true });
  // Version 9's own request() reads this spelling; hidden, so that no merge copies the header twice.
  Object.defineProperty(headers, 'Authorization', { value: entries['authorization'], configurable: true });
  return headers;
}
