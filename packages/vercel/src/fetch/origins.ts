/** The origins that may receive the token, compared exactly after parsing. */

import { FederationError, OptionError } from '@credex/core';
import { endpointUrl, invalidOption, shown } from '@credex/core/internal';
import { cleanServerText } from '@credex/core/failure';

/** @throws OptionError */
export function originsOf(value: unknown, allowLoopbackHttp: boolean): ReadonlySet<string> {
  // Copied, so that a hole in the list is validated as a value.
  const list: unknown = Array.isArray(value)
    ? [...(value as unknown[])]
    : typeof value === 'string'
      ? [value]
      : value;
  if (!Array.isArray(list) || list.length === 0)
    throw invalidOption(
      { option: 'origins' },
      'an origin such as https://api.example.com, or a list of them',
      value,
    );
  return new Set(
    list.map((one: unknown, index) => {
      const name = { option: typeof value === 'string' ? 'origins' : `origins[${index}]` };
      if (typeof one !== 'string')
        throw invalidOption(name, 'an origin such as https://api.example.com', one);
      // The URL parser accepts `*` as part of a host name that never matches.
      if (one.includes('*')) throw invalidOption(name, 'without wildcard: origins are compared exactly', one);
      return endpointUrl(name, one, { allowLoopbackHttp, allowPath: false }).origin;
    }),
  );
}

/**
 * The URL of the request, parsed once, so that the URL that was checked is the URL that is sent.
 * @throws OptionError `unsafe_url`
 */
export function allowedUrl(input: unknown, origins: ReadonlySet<string>): URL {
  const text = textOf(input);
  if (!URL.canParse(text)) throw refused('must be absolute, such as https://api.example.com/orders.');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw refused('must not contain a user name or password.');
  // A blob: URL has the origin of the page that created it.
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || !origins.has(url.origin)) {
    throw refused(
      `must have one of the \`origins\` of this fetch (${shown([...origins].join(', '))}), but its origin is ${originOf(url)}.`,
    );
  }
  return url;
}

function textOf(input: unknown): string {
  if (typeof input === 'string') return input;
  if (input instanceof URL) return input.href;
  if (input instanceof Request) return input.url;
  throw refused('must be a string, a URL or a Request of this runtime.');
}

/** Without path and query, which may contain secrets. */
function originOf({ protocol, host }: URL): string {
  return `${shown(protocol)}//${cleanServerText(host, 100)}`;
}

function refused(why: string): OptionError {
  return new OptionError(
    'unsafe_url',
    'input',
    undefined,
    `The URL of a request with a token ${why} Nothing was sent.`,
  );
}

/**
 * The target of a redirect within the same origin.
 * @throws FederationError `redirect_refused`
 */
export function redirectTarget(location: string, from: URL, status: number): URL {
  const refuse = (why: string): FederationError => redirectRefused(from, why, status);
  if (!URL.canParse(location, from.href)) throw refuse('to an invalid URL');
  const url = new URL(location, from.href);
  if (url.origin !== from.origin || url.protocol !== from.protocol)
    throw refuse(`to another origin, ${originOf(url)}`);
  if (url.username !== '' || url.password !== '') throw refuse('with a user name or password');
  if (url.hash === '') url.hash = from.hash;
  return url;
}

export function redirectRefused(from: URL, why: string, status: number): FederationError {
  return new FederationError({
    code: 'redirect_refused',
    provider: 'vercel',
    message: `${shown(from.origin)} responded with a redirect ${why}.`,
    hint: "The token is never sent to another origin. Request the final URL, or pass `redirect: 'manual'` and handle the redirect yourself.",
    status,
  });
}
