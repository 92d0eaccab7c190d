/** The hosts that may receive the subject token, and the token endpoint URL built from them. */

import { OptionError } from '@credex/core/internal';
import { endpointUrl, httpsUrl, optionalString } from '@credex/core/internal';

const NAME = { option: 'authorityHost', environmentVariable: 'AZURE_AUTHORITY_HOST' } as const;

const PUBLIC = 'login.microsoftonline.com';
export const US_GOVERNMENT = 'login.microsoftonline.us';
export const CHINA = 'login.partner.microsoftonline.cn';
const FORMER_CHINA = 'login.chinacloudapi.cn';

/** Aliases of these hosts, mapped to the host that serves them. Taken from the table in Microsoft's libraries. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  [FORMER_CHINA, CHINA],
  ['login.usgovcloudapi.net', US_GOVERNMENT],
  ['login.windows.net', PUBLIC],
  ['login.microsoft.com', PUBLIC],
  ['sts.windows.net', PUBLIC],
]);

/** Microsoft's authority hosts: public, US Government, China. The environment variable may name only these. */
const KNOWN_HOSTS: readonly string[] = [PUBLIC, US_GOVERNMENT, CHINA, FORMER_CHINA];

/**
 * The authority's origin. The option accepts any https host. The environment variable accepts only Microsoft's hosts,
 * so that an attacker who can set it cannot collect tokens.
 */
export function authorityOrigin(given: unknown, allowLoopbackHttp: boolean): string {
  const fromCode = given !== undefined;
  const value = optionalString(NAME, given) ?? PUBLIC;
  const written = KNOWN_HOSTS.includes(value) ? `https://${value}` : value;
  const url = endpointUrl(NAME, written, {
    allowLoopbackHttp: allowLoopbackHttp && fromCode,
    allowPath: false,
  });
  if (!fromCode && !KNOWN_HOSTS.includes(url.host)) throw unknownHost();
  const host = OTHER_NAMES.get(url.host) ?? url.host;
  return `${url.protocol}//${host}`;
}

/** The token endpoint of a tenant (OAuth 2.0 client credentials, v2.0). */
export function tokenEndpoint(authorityHost: string, tenantId: string): URL {
  const { host, protocol } = new URL(authorityHost);
  const url = httpsUrl({ host, path: [tenantId, 'oauth2', 'v2.0', 'token'] });
  // `authorityOrigin` accepts http only for loopback, and only with `allowLoopbackHttp` in code.
  if (protocol === 'http:') url.protocol = protocol;
  return url;
}

/** What `audience: 'default'` means: the audience that Microsoft recommends for federated credentials of this cloud. */
export function defaultAudience(authorityHost: string): string {
  const { host } = new URL(authorityHost);
  const suffix = host === US_GOVERNMENT ? 'USGov' : host === CHINA ? 'China' : '';
  return `api://AzureADTokenExchange${suffix}`;
}

function unknownHost(): OptionError {
  return new OptionError(
    'unsafe_url',
    NAME.option,
    NAME.environmentVariable,
    `\`${NAME.environmentVariable}\` must be one of Microsoft's authority hosts (${KNOWN_HOSTS.join(', ')}). ` +
      `Pass another host as the option \`${NAME.option}\`.`,
  );
}
