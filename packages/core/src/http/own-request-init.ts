/** What a caller gives `fetch`, read as own properties. */

import { memberOf, ownCopy } from '../own.js';

/** What `fetch` reads of its second argument, which may be a Request: those have getters, of their class. */
const OF_A_REQUEST = [
  ...(['body', 'cache', 'credentials', 'headers', 'integrity', 'keepalive', 'method', 'mode'] as const),
  ...(['redirect', 'referrer', 'referrerPolicy', 'signal'] as const),
];

/** As `fetch` reads it, without what every object inherits. */
export function ownRequestInit(given: RequestInit | undefined): RequestInit {
  const init = ownCopy(given ?? {});
  if (given === undefined) return init;
  const members = OF_A_REQUEST.map((name) => [name, memberOf(given, name)]);
  return Object.assign(init, Object.fromEntries(members.filter(([, value]) => value !== undefined)));
}
