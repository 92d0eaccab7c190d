/** The driver of Google Cloud: everything but the two requests themselves, which `exchange` makes. */

import type { Credential, SubjectToken } from '@credex/core';
import type { ExchangeContext, Exchanger } from '@credex/core/driver';
import { GcpAnswerError, SubjectTokenEndsError } from './gcp-answer-error.js';
import { federatedPrincipal } from './gcp-names.js';
import type { GcpConfiguration } from './gcp-options.js';
import { normalScopes } from './gcp-options.js';
import { isToken } from './parse-token-response.js';

/** An access token of Google Cloud: a plain object of the caller's own. */
export interface GcpCredentials extends Credential {
  /** The bearer token. */
  readonly accessToken: string;
  /**
   * What we became: the service account's email address, or
   * `principal://iam.googleapis.com/projects/{number}/…/subject/{sub}`. The latter takes the pool to map
   * `google.subject` to `assertion.sub`; under another mapping IAM knows the caller by another name.
   */
  readonly principal: string;
}

/** The caller's object of a cached record. */
export function gcpCredentialsOf({ accessToken, expiresAt, principal }: GcpCredentials): GcpCredentials {
  return { accessToken, expiresAt, principal };
}

/** What one call may ask for beyond the options. */
export interface GcpRequest {
  /** OAuth scopes instead of the options' ones: a list, or a string that is split on white space. */
  readonly scopes: string | readonly string[];
}

/** Makes the exchanger for a checked configuration; see `@credex/gcp/google-auth-library`. */
export type GcpExchangerFactory = (configuration: GcpConfiguration) => Exchanger<GcpCredentials, GcpRequest>;

/** What the two requests bring. */
export interface GcpToken {
  readonly accessToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Only where `expiresAt` is a time of the server's clock, not a lifetime counted from ours. */
  readonly serverDate?: number | undefined;
}

/**
 * Token exchange and, where the configuration names a service account, impersonation. `scopes` are normalised.
 * No retry, no cache. Throws what it met.
 */
export type GcpExchange = (
  scopes: readonly string[],
  subject: SubjectToken,
  context: ExchangeContext,
) => Promise<GcpToken>;

/** No access token of Google lives longer than 12 hours. */
const LONGEST_LIFETIME_SECONDS = 43_200;

/** Core keeps no credential that lives for less. */
const SHORTEST_MS = 30_000;
/** How far Google's clock and ours may differ where the two ends are compared. */
const CLOCK_SLACK_MS = 60_000;

export function gcpExchanger(
  configuration: GcpConfiguration,
  exchange: GcpExchange,
): Exchanger<GcpCredentials, GcpRequest> {
  const { serviceAccountEmail, lifetimeSeconds = LONGEST_LIFETIME_SECONDS } = configuration;
  const longestMs = lifetimeSeconds * 1_000;
  const scopesOf = (request: Partial<GcpRequest>): readonly string[] =>
    normalScopes(request.scopes) ?? configuration.scopes;

  return {
    specificationVersion: 'v1',
    provider: 'gcp',
    target: (request: Partial<GcpRequest>) => ({
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
              lifetimeSeconds: configuration.lifetimeSeconds ?? null,
              iamCredentialsEndpoint: configuration.iamCredentialsEndpoint,
            },
    }),
    async exchange(request, context) {
      const subject = await context.subject();
      const scopes = scopesOf(request);
      const { accessToken, expiresAt, serverDate } = await exchange(scopes, subject, context).catch(
        (error: unknown) => {
          // The federated token was refused one step later: with another one the same step may succeed.
          if (
            error instanceof GcpAnswerError &&
            error.step === 'impersonation' &&
            error.answer.status === 401
          )
            return exchange(scopes, subject, context);
          throw error;
        },
      );
      // The access token is good but ends with the subject token; with a newer one it lasts as long as it should.
      const soon = configuration.clock.now() + SHORTEST_MS;
      if (serviceAccountEmail === undefined && expiresAt < soon && subject.expiresAt < soon + CLOCK_SLACK_MS)
        throw new SubjectTokenEndsError('The federated access token ends within seconds.');
      const principal = serviceAccountEmail ?? federatedPrincipal(configuration, subject.claims.sub ?? '');
      return { credential: Object.freeze({ accessToken, expiresAt, principal }), serverDate, longestMs };
    },
    revive: reviveGcpCredentials,
    // Loaded with the first failure.
    async classify(error, presented) {
      const { classifyGcpError } = await import('./classify-gcp-error.js');
      return classifyGcpError(error, presented, configuration);
    },
  };
}

/** @throws TypeError where the record is no credential of Google Cloud. */
export function reviveGcpCredentials(record: unknown): GcpCredentials {
  const { accessToken, expiresAt, principal } = (record ?? {}) as Partial<Record<string, unknown>>;
  if (
    !isToken(accessToken) ||
    typeof expiresAt !== 'number' ||
    !Number.isFinite(expiresAt) ||
    typeof principal !== 'string'
  ) {
    throw new TypeError('The record is not a credential of Google Cloud.');
  }
  return Object.freeze({ accessToken, expiresAt, principal });
}
