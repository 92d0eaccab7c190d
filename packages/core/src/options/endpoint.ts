/**
 * Every URL that a subject token is sent to is made here: names by their grammar, path segments encoded, the
 * host compared after parsing. https only; http on loopback where code, never the environment, allows it.
 */

import { OptionError } from '../errors.js';
import { ownCopy } from '../own.js';
import type { Grammar, OptionName } from './assert.js';

/** RFC 1123 label in lower case: what an AWS region must be to become part of a host name. */
export const HOST_LABEL: Grammar = {
  pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  says: 'a host label: letters a to z, digits and hyphens, at most 63 characters',
};

/** A DNS name of two labels or more, such as `example.com`. */
export const DOMAIN_NAME: Grammar = {
  pattern: /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/,
  says: 'a domain name such as example.com',
};

/** What the last part of a team's issuer is: the slug of a Vercel team, as in its URL. */
export const TEAM_SLUG: Grammar = {
  pattern: /^[a-z0-9][a-z0-9_-]{0,99}$/,
  says: "a team's slug as in the dashboard's address: letters a to z, digits, hyphens and underscores, at most 100",
};

/** An Entra tenant: a GUID, or a verified domain name. */
export const TENANT: Grammar = {
  pattern:
    /^(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63})$/,
  says: 'a tenant id (GUID) or a domain name of the tenant',
};

/** A Google service account's address. */
export const SERVICE_ACCOUNT_EMAIL: Grammar = {
  pattern:
    /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,98}[a-zA-Z0-9])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  says: 'the email address of a service account, such as name@project.iam.gserviceaccount.com',
};

export interface UrlParts {
  /** The host name, with a port where it isn't 443. Made of checked names only. */
  readonly host: string;
  /** Path segments; each is percent-encoded, `:` kept for Google's custom methods. */
  readonly path?: readonly string[] | undefined;
}

/** `https://{host}/{path…}`; throws where parsing gives another host than the one asked for. */
export function httpsUrl({ host, path = [] }: UrlParts): URL {
  const url = new URL(`https://${host}/${path.map(encodeSegment).join('/')}`);
  if (
    url.host !== host ||
    url.username !== '' ||
    url.password !== '' ||
    url.hash !== '' ||
    url.search !== ''
  ) {
    throw new OptionError(
      'unsafe_url',
      'host',
      undefined,
      'A URL was not made: its host did not survive parsing.',
    );
  }
  return url;
}

export interface EndpointRules {
  /** Allow `http:` to 127.0.0.0/8, [::1] and localhost. Set by an option in code only. */
  readonly allowLoopbackHttp: boolean;
  /** Whether a path is allowed; a bare origin otherwise. */
  readonly allowPath: boolean;
}

/** An endpoint that the user names: parsed, held to https, without user name, query or fragment. */
export function endpointUrl(name: OptionName, value: string, rules: EndpointRules): URL {
  const refuse = (why: string): never => {
    const { environmentVariable: named } = ownCopy(name);
    const variable = typeof named === 'string' ? named : named?.[0];
    const from = variable === undefined ? '' : ` (${variable})`;
    throw new OptionError('unsafe_url', name.option, variable, `\`${name.option}\`${from} ${why}`);
  };
  // The URL parser drops tabs and newlines and reads a backslash as a slash: what a reader sees must be what is used.
  if (typeof value !== 'string' || !/^[\x21-\x5b\x5d-\x7e]+$/.test(value))
    return refuse('must be a URL without spaces, backslashes or other characters that need encoding.');
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return refuse('must be a URL, such as https://example.com.');
  }
  if (url.username !== '' || url.password !== '' || value.includes('@'))
    return refuse('must not hold a user name or password.');
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(value))
    return refuse('must not hold a query or a fragment.');
  if (!rules.allowPath && url.pathname !== '/') return refuse('must be an origin without a path.');
  // Compared after parsing: `https:/evil`, `https:evil` and upper-case schemes are written otherwise than they are read.
  if (!value.toLowerCase().startsWith(`${url.protocol}//${url.hostname}`))
    return refuse('must be written as it is read: scheme://host.');
  if (url.protocol === 'https:') return url;
  if (url.protocol === 'http:' && rules.allowLoopbackHttp && isLoopback(url.hostname)) return url;
  if (url.protocol === 'http:' && isLoopback(url.hostname)) {
    return refuse('is http: pass `allowLoopbackHttp: true` in code to allow http on loopback.');
  }
  return refuse('must be https: a token is never sent in clear.');
}

/** 127.0.0.0/8, [::1] and localhost, as the URL parser writes them. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function encodeSegment(segment: string): string {
  // Half a surrogate pair has no encoding.
  const encoded = /[\ud800-\udfff]/u.test(segment)
    ? ''
    : encodeURIComponent(segment).replaceAll('%3A', ':').replaceAll('%40', '@');
  if (encoded === '' || encoded === '.' || encoded === '..') {
    throw new OptionError(
      'unsafe_url',
      'path',
      undefined,
      'A URL was not made: a path segment is empty, relative or no text.',
    );
  }
  return encoded;
}
