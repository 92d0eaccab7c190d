/** Which servers get the token: those that were named, and nobody a URL could be made to look like. */

import { FederationError, OptionError } from '@credex/core';
import { cleanServerText, endpointUrl, invalidOption, shown } from '@credex/core/driver';

/** @throws OptionError */
export function originsOf(value: unknown, allowLoopbackHttp: boolean): ReadonlySet<string> {
  // Copied, so that a hole is a value too.
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
      // The URL parser takes it for a host name, and nothing would ever be there.
      if (one.includes('*')) throw invalidOption(name, 'without wildcard: origins are compared exactly', one);
      return endpointUrl(name, one, { allowLoopbackHttp, allowPath: false }).origin;
    }),
  );
}

/**
 * The URL as it will be sent, parsed once: what is compared is what is asked.
 * @throws OptionError `unsafe_url`
 */
export function allowedUrl(input: unknown, origins: ReadonlySet<string>): URL {
  const text = textOf(input);
  if (!URL.canParse(text))
    throw refused('must be an absolute URL: there is no page that it could be relative to.');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw refused('must not hold a user name or password.');
  // A blob: URL has the origin of whoever made it.
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || !origins.has(url.origin)) {
    throw refused(
      `must be at one of the \`origins\` that this fetch was made for (${shown([...origins].join(', '))}); it is at ${originOf(url)}.`,
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

/** Never its path or query, which may hold what isn't for a log. */
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
 * Where a redirect leads, if that is where it came from.
 * @throws FederationError `redirect_refused`
 */
export function redirectTarget(location: string, from: URL, status: number): URL {
  const refuse = (why: string): FederationError => redirectRefused(from, why, status);
  if (!URL.canParse(location, from.href)) throw refuse('that leads nowhere');
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
    message: `${shown(from.origin)} answered with a redirect ${why}.`,
    hint: "Ask the right URL at once, or pass `redirect: 'manual'` and judge where it leads: a token is never carried to another origin.",
    status,
  });
}
