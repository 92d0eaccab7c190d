/** Adds the credential of an entry's cloud to one request. */

import { OptionError } from '@credex/core';
import { optionalString, ownCopy, ownRequestInit } from '@credex/core/driver';
import { assertMayGoTo } from './allowed-hosts.js';
import type { Loaded } from './load-provider.js';
import type { CredentialTypes, ProviderTypes } from './provider-types.js';
import type { CredentialsSettings } from './settings.js';
import { factoryOptions } from './settings.js';

export interface AuthorizeOptions {
  /** The second argument of `fetch`, if the request is given as a URL. */
  readonly init?: RequestInit | undefined;
  /** AWS: the service to sign for, such as `s3`. Default: the one in the host name. */
  readonly service?: string | undefined;
  /** AWS: the region to sign for. Default: the one in the host name, else the entry's. */
  readonly region?: string | undefined;
  /**
   * AWS: `signed` reads the whole body and signs it; `unsigned` streams it, which only S3 accepts. Default: `signed`.
   */
  readonly payload?: 'signed' | 'unsigned' | undefined;
  /** Google Cloud and Azure: the scopes of this request. Default: the entry's. */
  readonly scopes?: string | readonly string[] | undefined;
  /** Aborts the wait of this caller; other callers of the same exchange are not affected. */
  readonly signal?: AbortSignal | undefined;
}

const HEADERS = ['authorization', 'x-amz-security-token', 'x-amz-date'] as const;

/**
 * Azure Storage refuses a bearer token without a version. A version set by the caller is kept.
 * https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services
 */
const STORAGE_VERSION = '2023-11-03';

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
  given: Request,
  loaded: Loaded,
  options: AuthorizeOptions,
  settings: CredentialsSettings,
): Promise<Request> {
  const { name, entry } = loaded;
  const taken = HEADERS.find((header) => given.headers.has(header));
  if (taken !== undefined)
    throw refusedRequest(`already has the header ${taken}, which authorize() sets: remove it`);
  if (given.bodyUsed) throw refusedRequest('has a body that was already read: pass a new Request');
  const inCode = factoryOptions(settings, entry);
  const origins = [...(entry.origins ?? []), ...(settings[entry.provider]?.origins ?? [])];
  const url = new URL(given.url);
  assertMayGoTo(url, name, entry, {
    origins,
    allowLoopbackHttp: inCode['allowLoopbackHttp'] === true,
    universeDomain: inCode['universeDomain'] as string | undefined,
    authorityHost: inCode['authorityHost'] as string | undefined,
  });
  const service = optionalString({ option: 'service' }, options.service);
  const region = optionalString({ option: 'region' }, options.region);
  const { signal } = options;

  if (entry.provider === 'aws') {
    const { signedForAws } = await import('./sign-aws.js');
    const provider = loaded.provider as ProviderTypes['aws'];
    const credentials: CredentialTypes['aws'] = await provider.getCredentials({ signal });
    const { headers, body } = await signedForAws(given, {
      credentials,
      service,
      region,
      fallbackRegion: entry.region,
      payload: options.payload ?? 'signed',
      at: settings.clock?.now(),
    });
    return ready(given, headers, body);
  }
  const headers = new Headers(given.headers);
  headers.set('authorization', `Bearer ${await bearerToken(loaded, options)}`);
  if (entry.provider === 'gcp' && entry.quotaProjectId !== undefined && !headers.has('x-goog-user-project'))
    headers.set('x-goog-user-project', entry.quotaProjectId);
  if (entry.provider === 'azure' && isStorage(url) && !headers.has('x-ms-version'))
    headers.set('x-ms-version', STORAGE_VERSION);
  return ready(given, headers, undefined);
}

async function bearerToken(
  { entry, provider }: Loaded,
  { scopes, signal }: AuthorizeOptions,
): Promise<string> {
  if (entry.provider === 'gcp') {
    const request = scopes === undefined ? undefined : { scopes };
    return (await (provider as ProviderTypes['gcp']).getCredentials({ signal, request })).accessToken;
  }
  const request =
    scopes === undefined ? undefined : { scopes: typeof scopes === 'string' ? [scopes] : scopes };
  return (await (provider as ProviderTypes['azure']).getCredentials({ signal, request })).token;
}

/** A redirect is an error, because it would forward the headers: AWS's session token even to another host. */
function ready(given: Request, headers: Headers, body: ArrayBuffer | undefined): Request {
  const redirect = given.redirect === 'manual' ? 'manual' : 'error';
  return new Request(
    given,
    ownCopy<RequestInit>({ headers, redirect, ...(body === undefined ? {} : { body }) }),
  );
}

function isStorage({ hostname }: URL): boolean {
  return /\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)$/.test(hostname);
}

function refusedRequest(why: string): OptionError {
  return new OptionError('invalid_option', 'request', undefined, `The request ${why}.`);
}
