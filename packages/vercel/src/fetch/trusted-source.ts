/** Trusted Sources: how a request passes the deployment protection of another project on Vercel. */

import { FederationError, OptionError } from '@credex/core';
import { invalidOption, optionalBoolean, shown } from '@credex/core/internal';

/** The deployment protection reads it, and the application behind it may see it. */
export const TRUSTED_SOURCE_HEADER = 'x-vercel-trusted-oidc-idp-token';

/** Which headers of a request have a token. */
export interface TokenHeaders {
  /** `Authorization: Bearer`. */
  readonly bearer: boolean;
  /** `'plain'`: with the token of the source unchanged. */
  readonly trustedSource: boolean | 'plain';
}

/** @throws OptionError */
export function tokenHeaders(
  options: {
    readonly trustedSource?: unknown;
    readonly bearer?: unknown;
    readonly tokenSource?: unknown;
  },
  audience: string | undefined,
): TokenHeaders {
  const { trustedSource = false, tokenSource } = options;
  if (typeof trustedSource !== 'boolean' && trustedSource !== 'plain')
    throw invalidOption({ option: 'trustedSource' }, "true, false or 'plain'", trustedSource);
  const bearer = optionalBoolean({ option: 'bearer' }, options.bearer) ?? true;
  if (!bearer && trustedSource === false)
    throw conflict(
      'bearer',
      'With `bearer: false` and without `trustedSource` no header would have a token. Pass `trustedSource: true`, or use the global fetch.',
    );
  if (trustedSource === true && audience === undefined && typeof tokenSource === 'function')
    throw conflict(
      'trustedSource',
      "`trustedSource: true` sends a token of its audience, and the token of a function cannot be exchanged. Pass a token source such as vercelTokenSource(), or `trustedSource: 'plain'`.",
    );
  return { bearer, trustedSource };
}

/**
 * A header that the caller has set is refused, because it could have a token that the receiver must not see.
 * @throws OptionError
 */
export function refuseOwnHeaders(headers: Headers, { bearer, trustedSource }: TokenHeaders): void {
  if (bearer && headers.has('authorization'))
    throw conflict(
      'headers',
      `The request already has an Authorization header. Remove it, because this fetch sets it${trustedSource === false ? ', or use another fetch' : ', or pass `bearer: false` to createAuthenticatedFetch'}. Nothing was sent.`,
    );
  if (trustedSource !== false && headers.has(TRUSTED_SOURCE_HEADER))
    throw conflict(
      'headers',
      `The request already has the header ${TRUSTED_SOURCE_HEADER}. Remove it, because this fetch sets it. Nothing was sent.`,
    );
}

/** The login pages to which the deployment protection sends a request that it does not accept. */
const LOGIN = /^https:\/\/(?:www\.)?vercel\.com\/(?:login|sso-api)(?:[/?#]|$)/;

/** The error for a redirect of the deployment protection; `undefined` for any other response. */
export function protectionRefused({ status, headers }: Response, from: URL): FederationError | undefined {
  const location = status >= 300 && status < 400 ? headers.get('location') : null;
  if (location === null || !LOGIN.test(location)) return undefined;
  return new FederationError({
    code: 'redirect_refused',
    provider: 'vercel',
    message: `The deployment protection of ${shown(from.origin)} did not accept the token: it responded with a redirect to the login of Vercel.`,
    hint: "In the settings of the called project, under Deployment Protection, add the calling project and its environment to Trusted Sources. If they are listed, the rule may expect the default audience: add the audience of the token to it, or pass `trustedSource: 'plain'` to send the token unchanged.",
    status,
  });
}

function conflict(option: string, message: string): OptionError {
  return new OptionError('conflicting_options', option, undefined, message);
}
