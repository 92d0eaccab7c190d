/** What the clients of this package read from and write into the requests of Google's clients. */

import type { gaxios } from 'google-auth-library';

/** The token that was sent: the SDK writes the header into the given options. */
export function sentToken({ headers }: gaxios.GaxiosOptions): string | undefined {
  const plain = headers as { readonly Authorization?: unknown } | undefined;
  const sent =
    typeof plain?.Authorization === 'string'
      ? plain.Authorization
      : new Headers(headers as ConstructorParameters<typeof Headers>[0]).get('authorization');
  return sent?.replace(/^Bearer /, '');
}

/** True if the request contains a stream, which the first attempt has consumed. */
export function containsStream({ data, body, multipart }: gaxios.GaxiosOptions): boolean {
  const contents: unknown[] = [data, body, ...(multipart ?? []).map((part) => part.content)];
  return contents.some(
    (content) => typeof content === 'object' && content !== null && Symbol.asyncIterator in content,
  );
}

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
