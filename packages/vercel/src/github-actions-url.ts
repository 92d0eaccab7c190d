/** Where the runner's request token may go: to GitHub, whatever a variable says. */

import { OptionError } from '@credex/core';
import { environmentVariable, isLoopback } from '@credex/core/driver';

const VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_URL';
const GITHUB_COM = '.actions.githubusercontent.com';

export interface RequestUrlRules {
  /** The origin that code allows beside GitHub's own. */
  readonly requestOrigin: string | undefined;
  readonly allowLoopbackHttp: boolean;
}

/** The host of GITHUB_SERVER_URL on a GitHub Enterprise: its services are there, or below it. */
export function enterpriseHost(): string | undefined {
  const server = environmentVariable('GITHUB_SERVER_URL');
  if (server === undefined || !URL.canParse(server)) return undefined;
  const { hostname } = new URL(server);
  return hostname === 'github.com' || !hostname.includes('.') ? undefined : hostname;
}

/**
 * @param enterprise as `enterpriseHost` said at the capture
 * @throws OptionError `unsafe_url`
 */
export function requestUrl(value: string, enterprise: string | undefined, rules: RequestUrlRules): URL {
  if (!URL.canParse(value)) throw unsafe('is no URL: it is the runner that sets it.');
  const url = new URL(value);
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw unsafe('must not hold a user name, a password or a fragment.');
  const loopback = url.protocol === 'http:' && rules.allowLoopbackHttp && isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !loopback) throw unsafe('must be https: a token is never sent in clear.');
  const { hostname } = url;
  if (loopback || hostname.endsWith(GITHUB_COM) || url.origin === rules.requestOrigin) return url;
  if (enterprise !== undefined && (hostname === enterprise || hostname.endsWith(`.${enterprise}`)))
    return url;
  throw unsafe(
    `must be below ${GITHUB_COM.slice(1)}, or at the host of GITHUB_SERVER_URL. For a server elsewhere pass \`requestOrigin\`.`,
  );
}

function unsafe(why: string): OptionError {
  return new OptionError('unsafe_url', 'requestOrigin', VARIABLE, `${VARIABLE} ${why}`);
}
