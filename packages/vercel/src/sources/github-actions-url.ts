/** Where the runner's request token may go: to GitHub, or where code says, whatever the environment says. */

import { OptionError } from '@credex/core';
import { isLoopback } from '@credex/core/driver';

const VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_URL';
const GITHUB_COM = '.actions.githubusercontent.com';

export interface RequestUrlRules {
  /** The origin that code allows in addition to GitHub's own. */
  readonly requestOrigin: string | undefined;
  /** The host that code names for a GitHub Enterprise: its services are there, or below it. */
  readonly enterpriseHost: string | undefined;
  readonly allowLoopbackHttp: boolean;
}

/** @throws OptionError `unsafe_url` */
export function requestUrl(value: string, rules: RequestUrlRules): URL {
  if (!URL.canParse(value)) throw unsafe('is no URL: it is the runner that sets it.');
  const url = new URL(value);
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw unsafe('must not hold a user name, a password or a fragment.');
  const loopback = url.protocol === 'http:' && rules.allowLoopbackHttp && isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !loopback) throw unsafe('must be https: a token is never sent in clear.');
  const { hostname } = url;
  if (loopback || hostname.endsWith(GITHUB_COM) || url.origin === rules.requestOrigin) return url;
  const { enterpriseHost: enterprise } = rules;
  if (enterprise !== undefined && (hostname === enterprise || hostname.endsWith(`.${enterprise}`)))
    return url;
  throw unsafe(
    `must be below ${GITHUB_COM.slice(1)}. On GitHub Enterprise pass \`enterpriseHost\`, such as 'acme.ghe.com'; for a token service on another host pass \`requestOrigin\`.`,
  );
}

function unsafe(why: string): OptionError {
  return new OptionError('unsafe_url', 'requestOrigin', VARIABLE, `${VARIABLE} ${why}`);
}
