/** Requests to Azure: a bearer token, only to Microsoft's own services of the cloud that issued the token. */

import { environmentVariable } from '@credex/core/internal';
import type { AuthorizeCall, CloudRequests, FactoryOptions } from './cloud.js';
import { includesHost } from './cloud.js';

type Provider = import('@credex/azure').AzureCredentialsProvider;

/** Not `.servicebus.windows.net`: a relay of any customer passes requests on to a listener, with their headers. */
const PUBLIC: readonly string[] = [
  'management.azure.com',
  'graph.microsoft.com',
  'api.loganalytics.io',
  '.core.windows.net',
  '.vault.azure.net',
  '.managedhsm.azure.net',
  '.documents.azure.com',
  '.search.windows.net',
  '.azconfig.io',
  '.openai.azure.com',
  '.cognitiveservices.azure.com',
  '.services.ai.azure.com',
  '.eventgrid.azure.net',
  '.monitor.azure.com',
  '.kusto.windows.net',
  '.webpubsub.azure.com',
];

/** By the authority that issues the token: a token of one cloud must not be sent to another cloud. */
const BY_AUTHORITY: Readonly<Record<string, readonly string[]>> = {
  'login.microsoftonline.us': [
    'management.usgovcloudapi.net',
    'graph.microsoft.us',
    'dod-graph.microsoft.us',
    '.core.usgovcloudapi.net',
    '.vault.usgovcloudapi.net',
    '.managedhsm.usgovcloudapi.net',
    '.documents.azure.us',
    '.search.azure.us',
    '.azconfig.azure.us',
    '.openai.azure.us',
    '.cognitiveservices.azure.us',
  ],
  'login.partner.microsoftonline.cn': [
    'management.chinacloudapi.cn',
    'microsoftgraph.chinacloudapi.cn',
    '.core.chinacloudapi.cn',
    '.vault.azure.cn',
    '.managedhsm.azure.cn',
    '.documents.azure.cn',
    '.search.azure.cn',
    '.azconfig.azure.cn',
    '.openai.azure.cn',
    '.cognitiveservices.azure.cn',
  ],
};

/**
 * Azure Storage refuses a bearer token without a version. A version set by the caller is kept.
 * https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services
 */
const STORAGE_VERSION = '2023-11-03';
const STORAGE = /\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)$/;

export const azureRequests: CloudRequests<Provider> = {
  isOwnHost: (hostname, options) => includesHost(hostsOf(options), hostname),
  async authorize({ request, provider, options: { scopes, signal } }: AuthorizeCall<Provider>) {
    const asked =
      scopes === undefined ? undefined : { scopes: typeof scopes === 'string' ? [scopes] : scopes };
    const { token } = await provider.getCredentials({ signal, request: asked });
    const headers = new Headers(request.headers);
    headers.set('authorization', `Bearer ${token}`);
    if (STORAGE.test(new URL(request.url).hostname) && !headers.has('x-ms-version'))
      headers.set('x-ms-version', STORAGE_VERSION);
    return { headers };
  },
};

function hostsOf(options: FactoryOptions): readonly string[] {
  const authority =
    (options['authorityHost'] as string | undefined) ??
    environmentVariable('AZURE_AUTHORITY_HOST') ??
    'login.microsoftonline.com';
  const host = authority.replace(/^https:\/\//, '').replace(/\/$/, '');
  const current = host === 'login.chinacloudapi.cn' ? 'login.partner.microsoftonline.cn' : host;
  if (current === 'login.microsoftonline.com') return PUBLIC;
  // The cloud behind an unknown authority is unknown.
  return Object.hasOwn(BY_AUTHORITY, current) ? (BY_AUTHORITY[current] ?? []) : [];
}
