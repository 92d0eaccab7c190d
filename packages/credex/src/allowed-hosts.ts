/**
 * Where a credential may be sent: hosts of the cloud at which the cloud itself answers, so that nobody's virtual
 * machine, app or gateway under a shared domain gets a bearer token; and the origins that code names.
 */

import type { Entry } from '@credex/config';
import { OptionError } from '@credex/core';
import { endpointUrl, environmentVariable, isLoopback, shown } from '@credex/core/driver';

/** With a dot: any name under it. Without: that very name. */
type Hosts = readonly string[];

const AWS: Hosts = [
  '.amazonaws.com',
  '.amazonaws.com.cn',
  '.amazonaws.eu',
  '.api.aws',
  '.api.amazonwebservices.com.cn',
  '.api.amazonwebservices.eu',
];

/** Customers' machines, balancers and databases under AWS's domain: a name before the kind, or a region after it. */
const AWS_CUSTOMERS =
  /\.(?:(?:compute|compute-1|elb|rds|cache)|elb\.[a-z0-9-]+)\.amazonaws\.(?:com|com\.cn|eu)$/;

/** Not `.servicebus.windows.net`: a relay of anybody's hands requests there on to a listener, with their headers. */
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

/** By the authority that issues the token: a token of one cloud has no business in another. */
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

/** What code said of one entry, settings included. */
export interface Allowed {
  readonly origins: readonly string[];
  readonly allowLoopbackHttp: boolean;
  /** As the entry, the settings and the environment have it. */
  readonly universeDomain?: string | undefined;
  readonly authorityHost?: string | undefined;
}

/**
 * @throws OptionError `unsafe_url` where the credential has no business there
 */
export function assertMayGoTo(url: URL, name: string, entry: Entry, allowed: Allowed): void {
  if (url.username !== '' || url.password !== '')
    throw refused('The URL holds a user name or password: leave it out.');
  if (isNamed(url, allowed)) return;
  const { provider } = entry;
  if (url.protocol !== 'https:') {
    throw refused(
      `credentials.${name} goes over https only, not over ${shown(url.protocol)}//.` +
        (isLoopback(url.hostname)
          ? ' For an emulator name the origin in code, in `origins`, with `allowLoopbackHttp: true`.'
          : ''),
    );
  }
  const hosts = hostsOf(provider, allowed);
  const isHome = hosts.some((host) =>
    host.startsWith('.') ? url.hostname.endsWith(host) : url.hostname === host,
  );
  if (isHome && url.port === '' && !(provider === 'aws' && AWS_CUSTOMERS.test(url.hostname))) return;
  throw refused(
    `credentials.${name} may not be sent to ${shownHost(url)}: it is no host of ${provider} that credex knows. If it ` +
      `is meant, add '${shownOrigin(url)}' to \`origins\` of the entry, in code.`,
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
      // An authority of another name says nothing of the cloud behind it.
      return Object.hasOwn(AZURE_BY_AUTHORITY, current) ? (AZURE_BY_AUTHORITY[current] ?? []) : [];
    }
  }
}

const shownHost = ({ host }: URL): string => shown(host);
const shownOrigin = (url: URL): string => `${url.protocol}//${shownHost(url)}`;

function refused(message: string): OptionError {
  return new OptionError('unsafe_url', 'request', undefined, message);
}
