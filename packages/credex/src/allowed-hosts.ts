/**
 * The hosts that may receive a credential: hosts where the cloud itself responds, and the origins that code names. A virtual
 * machine, app or gateway of a customer under a shared domain must not receive a bearer token.
 */

import type { Entry } from '@credex/config';
import { OptionError } from '@credex/core';
import { endpointUrl, environmentVariable, isLoopback, shown } from '@credex/core/driver';

/** With a leading dot: every subdomain. Without: exactly this name. */
type Hosts = readonly string[];

const AWS: Hosts = [
  '.amazonaws.com',
  '.amazonaws.com.cn',
  '.amazonaws.eu',
  '.api.aws',
  '.api.amazonwebservices.com.cn',
  '.api.amazonwebservices.eu',
];

/** Customers' machines, load balancers and databases under AWS's domain. */
const AWS_CUSTOMERS =
  /\.(?:(?:compute|compute-1|elb|rds|cache)|elb\.[a-z0-9-]+)\.amazonaws\.(?:com|com\.cn|eu)$/;

/** Not `.servicebus.windows.net`: a relay of any customer passes requests on to a listener, with their headers. */
const AZURE: Hosts = [
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
const AZURE_BY_AUTHORITY: Readonly<Record<string, Hosts>> = {
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

/** What code allows for one entry, including the settings. */
export interface Allowed {
  readonly origins: readonly string[];
  readonly allowLoopbackHttp: boolean;
  /** From the entry, the settings or the environment. */
  readonly universeDomain?: string | undefined;
  readonly authorityHost?: string | undefined;
}

/**
 * @throws OptionError `unsafe_url` if the credential must not be sent to this URL
 */
export function assertMayGoTo(url: URL, name: string, entry: Entry, allowed: Allowed): void {
  if (url.username !== '' || url.password !== '')
    throw refused('The URL contains a user name or password: remove it.');
  if (isNamed(url, allowed)) return;
  const { provider } = entry;
  if (url.protocol !== 'https:') {
    throw refused(
      `credentials.${name} is sent over https only, not over ${shown(url.protocol)}//.` +
        (isLoopback(url.hostname)
          ? ' For an emulator, add its origin to `origins` in code and set `allowLoopbackHttp: true`.'
          : ''),
    );
  }
  const hosts = hostsOf(provider, allowed);
  const isKnownHost = hosts.some((host) =>
    host.startsWith('.') ? url.hostname.endsWith(host) : url.hostname === host,
  );
  if (isKnownHost && url.port === '' && !(provider === 'aws' && AWS_CUSTOMERS.test(url.hostname))) return;
  throw refused(
    `credentials.${name} may not be sent to ${shownHost(url)}: credex does not know it as a host of ` +
      `${provider}. If you trust this host, add '${shownOrigin(url)}' to \`origins\` of the entry, in code.`,
  );
}

function isNamed(url: URL, { origins, allowLoopbackHttp }: Allowed): boolean {
  return origins.some((origin) => {
    const rules = { allowLoopbackHttp, allowPath: false };
    return endpointUrl({ option: 'origins' }, origin, rules).origin === url.origin;
  });
}

function hostsOf(provider: Entry['provider'], { universeDomain, authorityHost }: Allowed): Hosts {
  switch (provider) {
    case 'aws':
      return AWS;
    case 'gcp':
      return [`.${universeDomain ?? 'googleapis.com'}`];
    case 'azure': {
      const authority =
        authorityHost ?? environmentVariable('AZURE_AUTHORITY_HOST') ?? 'login.microsoftonline.com';
      const host = authority.replace(/^https:\/\//, '').replace(/\/$/, '');
      const current = host === 'login.chinacloudapi.cn' ? 'login.partner.microsoftonline.cn' : host;
      if (current === 'login.microsoftonline.com') return AZURE;
      // The cloud behind an unknown authority is unknown.
      return Object.hasOwn(AZURE_BY_AUTHORITY, current) ? (AZURE_BY_AUTHORITY[current] ?? []) : [];
    }
  }
}

const shownHost = ({ host }: URL): string => shown(host);
const shownOrigin = (url: URL): string => `${url.protocol}//${shownHost(url)}`;

function refused(message: string): OptionError {
  return new OptionError('unsafe_url', 'request', undefined, message);
}
