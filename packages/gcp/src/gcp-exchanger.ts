/** The driver of Google Cloud, except for the two requests, which `exchange` makes. */

import type { SubjectToken } from '@credex/core';
import type { ExchangeContext, Exchanger } from '@credex/core/internal';
import { ResponseError } from '@credex/core/internal';
import { federatedPrincipal } from './names.js';
import { normalScopes } from './options.js';
import type { GcpStep } from './parse-token-response.js';
import { SubjectTokenEndsError, parseStoredGcpCredentials } from './parse-token-response.js';
import type { GcpConfiguration, GcpCredentials, GcpRequest } from './types.js';

/** The result of the two requests. */
export interface GcpToken {
  readonly accessToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Set only if `expiresAt` is a time of the server's clock, not a lifetime counted from the local clock. */
  readonly serverDate?: number | undefined;
}

/**
 * Makes the token exchange and, if the configuration names a service account, the impersonation. `scopes` are
 * normalised. It neither retries nor caches, and throws errors unchanged.
 */
export type GcpExchange = (
  scopes: readonly string[],
  subject: SubjectToken,
  context: ExchangeContext,
) => Promise<GcpToken>;

/** The maximum lifetime of a Google access token: 12 hours. */
const MAX_LIFETIME_SECONDS = 43_200;

/** Core does not cache a credential with a shorter remaining lifetime. */
const MIN_REMAINING_MS = 30_000;
/** The tolerated difference between Google's clock and the local clock when the two expiry times are compared. */
const CLOCK_SLACK_MS = 60_000;

export function gcpExchanger(
  configuration: GcpConfiguration,
  exchange: GcpExchange,
): Exchanger<GcpCredentials, GcpRequest> {
  const { serviceAccountEmail, lifetimeSeconds = MAX_LIFETIME_SECONDS } = configuration;
  const maxLifetimeMs = lifetimeSeconds * 1_000;
  const scopesOf = (request: Partial<GcpRequest>): readonly string[] =>
    normalScopes(request.scopes) ?? configuration.scopes;

  return {
    specificationVersion: 'v1',
    provider: 'gcp',
    cacheKeyFields: (request: Partial<GcpRequest>) => ({
      universeDomain: configuration.universeDomain,
      stsEndpoint: configuration.stsEndpoint,
      projectNumber: configuration.projectNumber,
      workloadIdentityPoolId: configuration.workloadIdentityPoolId,
      workloadIdentityPoolProviderId: configuration.workloadIdentityPoolProviderId,
      scopes: scopesOf(request),
      impersonation:
        serviceAccountEmail === undefined
          ? null
          : {
              serviceAccountEmail,
              // Left out if there are none, so that the key is that of earlier releases.
              ...(configuration.delegates && { delegates: configuration.delegates }),
              lifetimeSeconds: configuration.lifetimeSeconds ?? null,
              iamCredentialsEndpoint: configuration.iamCredentialsEndpoint,
            },
    }),
    async exchange(request, context) {
      const subject = await context.subject();
      const scopes = scopesOf(request);
      const { accessToken, expiresAt, serverDate } = await withNewFederatedToken(() =>
        exchange(scopes, subject, context),
      );
      // The access token expires with the subject token; a newer subject token gives it the full lifetime.
      const soon = configuration.clock.now() + MIN_REMAINING_MS;
      if (serviceAccountEmail === undefined && expiresAt < soon && subject.expiresAt < soon + CLOCK_SLACK_MS)
        throw new SubjectTokenEndsError('The federated access token expires within seconds.');
      const principal = serviceAccountEmail ?? federatedPrincipal(configuration, subject.claims.sub ?? '');
      return { credential: Object.freeze({ accessToken, expiresAt, principal }), serverDate, maxLifetimeMs };
    },
    parseStored: (record) => parseStoredGcpCredentials(record, configuration.serviceAccountEmail),
    // The classifier is loaded with the first failure.
    async classify(error, presented) {
      const { classifyGcpError } = await import('./classify-gcp-error.js');
      return classifyGcpError(error, presented, configuration);
    },
  };
}

/** Runs `exchange` again if IAM Credentials rejected the federated token: with a new one it may succeed. */
export function withNewFederatedToken<T>(exchange: () => Promise<T>): Promise<T> {
  return exchange().catch((error: unknown) => {
    if (
      ResponseError.isInstance(error) &&
      error.step !== ('token-exchange' satisfies GcpStep) &&
      error.response.status === 401
    )
      return exchange();
    throw error;
  });
}
