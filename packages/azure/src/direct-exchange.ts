/** The exchange as one POST with the same fields as `@azure/identity` sends. It needs no package. */

import type { Exchanger } from '@credex/core/internal';
import { parseJsonObject } from '@credex/core/internal';
import { tokenEndpoint } from './authority.js';
import { azureExchanger } from './azure-exchanger.js';
import type { AzureConfiguration, AzureCredentials, AzureRequest } from './types.js';
import { parseEntraResponse } from './parse-entra-response.js';

const HEADERS = { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' };

export function directExchanger(
  configuration: AzureConfiguration,
): Exchanger<AzureCredentials, AzureRequest> {
  const { authorityHost, clientId } = configuration;
  return azureExchanger(configuration, async (request, context) => {
    const url = tokenEndpoint(authorityHost, request.tenantId);
    const claims = claimsParameter(request);
    const { jwt } = await context.subject();
    const body = formOf({
      client_id: clientId,
      scope: request.scopes.join(' '),
      grant_type: 'client_credentials',
      client_assertion: jwt,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      ...(claims === undefined ? {} : { claims }),
    });
    return context.step(url.host, async (signal) => {
      const requestedAt = configuration.now();
      return parseEntraResponse(await context.post(url, { headers: HEADERS, body, signal }), requestedAt);
    });
  });
}

/** RFC 7523, section 2.2, over RFC 6749, section 4.4.2. */
function formOf(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/** Declares that this client handles challenges, so that Entra issues a CAE token. */
const CAPABILITIES = { xms_cc: { values: ['cp1'] } };

/**
 * The `claims` parameter (OpenID Connect Core 1.0, section 5.5), merged as MSAL merges it: the claims of a challenge and,
 * if `enableCae` is set, the capability among those of the access token. `undefined` if there are none. `azureRequest` has
 * checked the challenge.
 */
function claimsParameter({
  claims = '{}',
  enableCae,
}: Pick<AzureRequest, 'claims' | 'enableCae'>): string | undefined {
  const challenge = parseJsonObject(claims) ?? {};
  if (!enableCae) return Object.keys(challenge).length === 0 ? undefined : JSON.stringify(challenge);
  const accessToken = challenge['access_token'] as object | undefined;
  return JSON.stringify({ ...challenge, access_token: { ...accessToken, ...CAPABILITIES } });
}
