/** The variables that name a proxy, as curl and `proxy-agent` read them. */

import { environmentVariable } from '../runtime/environment.js';

export const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const;

/** Whether a proxy is set, for whichever host. */
export const isProxySet = (): boolean =>
  PROXY_VARIABLES.some((name) => environmentVariable(name) !== undefined);
