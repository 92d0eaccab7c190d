/**
 * The arguments of a call: the request, validated and normalised, so that two spellings of it share a cache entry; and the
 * caller's abort signal and timeout.
 */

import type { SignalLike } from '@credex/core/internal';
import {
  OptionError,
  TENANT,
  invalidOption,
  linkedSignal,
  optionalBoolean,
  optionalString,
  ownCopy,
  parseJsonObject,
  startTimer,
  systemClock,
} from '@credex/core/internal';
import { scopesOf } from './options.js';
import type { AzureAbortSignal, AzureConfiguration, AzureRequest } from './types.js';

/** A request in which every member is optional; `scopes` may be a string or a list, as in the Azure SDKs. */
export interface PartialAzureRequest {
  readonly scopes?: string | readonly string[] | undefined;
  readonly tenantId?: string | undefined;
  readonly enableCae?: boolean | undefined;
  readonly claims?: string | undefined;
}

/** @throws OptionError for a member that is invalid, or a tenant that is not allowed */
export function azureRequest(
  configuration: AzureConfiguration,
  given: PartialAzureRequest = {},
): AzureRequest {
  const requested = ownCopy(given);
  const { scopes, tenantId } = requested;
  const claims = claimsOf(requested.claims);
  return {
    scopes: scopes === undefined ? configuration.scopes : scopesOf({ option: 'scopes' }, scopes),
    tenantId: tenantId === undefined ? configuration.tenantId : allowedTenant(configuration, tenantId),
    enableCae: optionalBoolean({ option: 'enableCae' }, requested.enableCae) ?? false,
    claims,
  };
}

function allowedTenant(configuration: AzureConfiguration, requested: unknown): string {
  const tenantId = (optionalString({ option: 'tenantId' }, requested, TENANT) as string).toLowerCase();
  const { additionallyAllowedTenants: allowed } = configuration;
  if (tenantId === configuration.tenantId || allowed === '*' || allowed.includes(tenantId)) return tenantId;
  throw new OptionError(
    'invalid_option',
    'tenantId',
    undefined,
    `The call requests a token of tenant ${tenantId}; this provider is for ${configuration.tenantId}. ` +
      "Add it to `additionallyAllowedTenants`, or pass '*' to allow any tenant that a service names.",
  );
}

/** The claims must be the text of a JSON object (OpenID Connect Core 1.0, section 5.5), and those of its access token one. */
function claimsOf(value: unknown): string | undefined {
  const claims = optionalString({ option: 'claims' }, value);
  if (claims === undefined) return undefined;
  const parsed = parseJsonObject(claims);
  const { access_token: ofAccessToken = {} } = parsed ?? {};
  if (parsed !== undefined && isObject(ofAccessToken)) return claims;
  throw invalidOption(
    { option: 'claims' },
    'the JSON text of an object, whose `access_token` is an object too',
    undefined,
  );
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export interface CallerSignal {
  readonly signal: AbortSignal | undefined;
  /** Removes the listener from the caller's signal, which may live as long as the process, and stops the timer. */
  release(): void;
}

const NOTHING = (): void => undefined;

/** Converts the abort signal and timeout of an Azure SDK call into one platform AbortSignal. */
export function callerSignal(
  given: AzureAbortSignal | undefined,
  timeoutMs: number | undefined,
): CallerSignal {
  const hasLimit = typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= 2_147_483_647;
  if (!hasLimit && (given === undefined || given instanceof AbortSignal))
    return { signal: given, release: NOTHING };
  const limit = new AbortController();
  const followed: SignalLike[] = given === undefined ? [limit.signal] : [given, limit.signal];
  const { signal, release } = linkedSignal(followed);
  const over = (): void => limit.abort(new DOMException('The call timed out.', 'TimeoutError'));
  const stop = hasLimit ? startTimer(systemClock, timeoutMs, over) : NOTHING;
  return {
    signal,
    release() {
      stop();
      release();
    },
  };
}
