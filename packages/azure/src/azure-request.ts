/** One call's request, normalised at the door: two spellings of one wish are one cache entry. */

import { FederationError, OptionError } from '@credex/core';
import { TENANT, invalidOption, optionalBoolean, optionalString, ownCopy } from '@credex/core/driver';
import { scopesOf } from './azure-scopes.js';
import type { AzureConfiguration, AzureRequest } from './azure-types.js';

/** What a call may name: a request in part, with scopes as the Azure SDKs write them. */
export interface AskedRequest {
  readonly scopes?: string | readonly string[] | undefined;
  readonly tenantId?: string | undefined;
  readonly enableCae?: boolean | undefined;
  readonly claims?: string | undefined;
}

/** @throws FederationError `invalid_request` */
export function azureRequest(configuration: AzureConfiguration, given: AskedRequest = {}): AzureRequest {
  const asked = ownCopy(given);
  const { scopes, tenantId } = asked;
  try {
    const claims = claimsOf(asked.claims);
    return {
      scopes: scopes === undefined ? configuration.scopes : scopesOf({ option: 'scopes' }, scopes),
      tenantId: tenantId === undefined ? configuration.tenantId : allowedTenant(configuration, tenantId),
      enableCae: optionalBoolean({ option: 'enableCae' }, asked.enableCae) ?? false,
      claims,
    };
  } catch (error) {
    // The caller is an Azure client as a rule: what it meets is one kind of error.
    if (OptionError.isInstance(error)) throw invalidRequest(error.message);
    throw error;
  }
}

function allowedTenant(configuration: AzureConfiguration, asked: unknown): string {
  const tenantId = (optionalString({ option: 'tenantId' }, asked, TENANT) as string).toLowerCase();
  const { additionallyAllowedTenants: allowed } = configuration;
  if (tenantId === configuration.tenantId || allowed === '*' || allowed.includes(tenantId)) return tenantId;
  throw invalidRequest(
    `A token of tenant ${tenantId} was asked for; this provider is for ${configuration.tenantId}.`,
    `Name it in \`additionallyAllowedTenants\`, or pass '*' there to allow any tenant that a service points to.`,
  );
}

/** Entra takes a JSON object (OpenID Connect Core 1.0, section 5.5). */
function claimsOf(value: unknown): string | undefined {
  const claims = optionalString({ option: 'claims' }, value);
  if (claims === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(claims);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return claims;
  throw invalidOption({ option: 'claims' }, 'the JSON text of an object', undefined);
}

export function invalidRequest(message: string, hint?: string): FederationError {
  return new FederationError({ code: 'invalid_request', provider: 'azure', message, hint });
}
