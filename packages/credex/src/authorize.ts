/**
 * Adds the credential of an entry's cloud to one request. The hosts that may receive it: where the cloud itself responds, and
 * the origins that code names.
 */

import type { Entry } from '@credex/config';
import { OptionError } from '@credex/core';
import {
  endpointUrl,
  isLoopback,
  optionalString,
  ownCopy,
  ownRequestInit,
  shown,
} from '@credex/core/internal';
import type { AuthorizeOptions, CloudRequests, FactoryOptions } from './clouds/cloud.js';
import { CLOUDS } from './clouds/clouds.js';
import type { Loaded } from './load-provider.js';
import type { CredentialsSettings } from './settings.js';
import { factoryOptions } from './settings.js';

const HEADERS = ['authorization', 'x-amz-security-token', 'x-amz-date'] as const;

/** Makes the `Request`, before a credential is requested or a body is read. */
export function givenRequest(input: Request | string | URL, { init }: AuthorizeOptions): Request {
  if (input instanceof Request && init === undefined) return input;
  if (typeof input === 'string' || input instanceof URL || input instanceof Request) {
    try {
      return new Request(input, ownRequestInit(init));
    } catch {
      // The message of fetch contains the URL, which may contain a secret.
      throw refusedRequest('is not an absolute URL, or its `init` is invalid');
    }
  }
  throw refusedRequest('must be a Request or a URL');
}

/** @throws OptionError before a credential is requested, if the request must not have one */
export async function authorized(
  request: Request,
  { name, entry, provider }: Loaded,
  given: AuthorizeOptions,
  settings: CredentialsSettings,
): Promise<Request> {
  const taken = HEADERS.find((header) => request.headers.has(header));
  if (taken !== undefined)
    throw refusedRequest(`already has the header ${taken}, which authorize() sets: remove it`);
  if (request.bodyUsed) throw refusedRequest('has a body that was already read: pass a new Request');
  const requests = await CLOUDS[entry.provider].requests();
  const origins = [...(entry.origins ?? []), ...(settings[entry.provider]?.origins ?? [])];
  assertMayGoTo(new URL(request.url), name, entry, requests, origins, factoryOptions(settings, entry));
  const options = ownCopy({
    ...given,
    service: optionalString({ option: 'service' }, given.service),
    region: optionalString({ option: 'region' }, given.region),
  });
  const at = settings.clock?.now();
  const { headers, body } = await requests.authorize({ request, entry, provider, options, at });
  // A redirect is an error, because it would forward the headers: AWS's session token even to another host.
  const redirect = request.redirect === 'manual' ? 'manual' : 'error';
  return new Request(
    request,
    ownCopy<RequestInit>({ headers, redirect, ...(body === undefined ? {} : { body }) }),
  );
}

/** @throws OptionError `unsafe_url` if the credential must not be sent to this URL */
export function assertMayGoTo(
  url: URL,
  name: string,
  { provider }: Pick<Entry, 'provider'>,
  { isOwnHost }: Pick<CloudRequests<unknown>, 'isOwnHost'>,
  origins: readonly string[],
  options: FactoryOptions,
): void {
  if (url.username !== '' || url.password !== '')
    throw unsafe('The URL contains a user name or password: remove it.');
  const rules = { allowLoopbackHttp: options['allowLoopbackHttp'] === true, allowPath: false };
  if (origins.some((origin) => endpointUrl({ option: 'origins' }, origin, rules).origin === url.origin))
    return;
  if (url.protocol !== 'https:') {
    throw unsafe(
      `credentials.${name} is sent over https only, not over ${shown(url.protocol)}//.` +
        (isLoopback(url.hostname)
          ? ' For an emulator, add its origin to `origins` in code and set `allowLoopbackHttp: true`.'
          : ''),
    );
  }
  if (url.port === '' && isOwnHost(url.hostname, options)) return;
  throw unsafe(
    `credentials.${name} may not be sent to ${shownHost(url)}: credex does not know it as a host of ` +
      `${provider}. If you trust this host, add '${shownOrigin(url)}' to \`origins\` of the entry, in code.`,
  );
}

const shownHost = ({ host }: URL): string => shown(host);
const shownOrigin = (url: URL): string => `${url.protocol}//${shownHost(url)}`;

function unsafe(message: string): OptionError {
  return new OptionError('unsafe_url', 'request', undefined, message);
}

function refusedRequest(why: string): OptionError {
  return new OptionError('invalid_option', 'request', undefined, `The request ${why}.`);
}
