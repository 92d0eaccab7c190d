/** Requests to Google Cloud: a bearer token, only to the APIs of the entry's universe. */

import type { Entry, GcpEntry } from '@credex/config';
import type { AuthorizeCall, CloudRequests } from './cloud.js';

type Provider = import('@credex/gcp').GcpCredentialsProvider;

export const gcpRequests: CloudRequests<Provider> = {
  isOwnHost: (hostname, { universeDomain }) =>
    hostname.endsWith(`.${(universeDomain as string | undefined) ?? 'googleapis.com'}`),
  async authorize({ request, entry, provider, options }: AuthorizeCall<Provider>) {
    const { scopes, signal } = options;
    const asked = scopes === undefined ? undefined : { scopes };
    const { accessToken } = await provider.getCredentials({ signal, request: asked });
    const headers = new Headers(request.headers);
    headers.set('authorization', `Bearer ${accessToken}`);
    const { quotaProjectId } = entry as Extract<Entry, GcpEntry>;
    if (quotaProjectId !== undefined && !headers.has('x-goog-user-project'))
      headers.set('x-goog-user-project', quotaProjectId);
    return { headers };
  },
};
