/** The public types, apart from the options. */

import type { Clock, Credential, CredentialProvider, Fetch } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';

/** A Google Cloud access token. Each caller receives its own plain object. */
export interface GcpCredentials extends Credential {
  /** The bearer token. */
  readonly accessToken: string;
  /**
   * The identity of the token: the service account's email address, or
   * `principal://iam.googleapis.com/projects/{number}/…/subject/{sub}`. The latter is right if the pool maps
   * `google.subject` to `assertion.sub`; with another mapping, IAM uses another name.
   */
  readonly principal: string;
}

/** The request of one call. */
export interface GcpRequest {
  /** OAuth scopes that replace those of the options: a list, or a string that is split on white space. */
  readonly scopes: string | readonly string[];
}

/** An ID token of a service account. Each caller receives its own plain object. */
export interface GcpIdToken extends Credential {
  /** The JWT, for `Authorization: Bearer …`. Google signs it; its issuer is `https://accounts.google.com`. */
  readonly idToken: string;
  /** The service account's email address. */
  readonly principal: string;
}

/** The request of one call for an ID token. */
export interface GcpIdTokenRequest {
  /** The audience that replaces the one of the options. */
  readonly targetAudience: string;
}

/** Creates the exchanger for a validated configuration; see `@credex/gcp/google-auth-library`. */
export type GcpExchangerFactory = (configuration: GcpConfiguration) => Exchanger<GcpCredentials, GcpRequest>;

/** The validated options with defaults. The `exchanger` factory receives them. */
export interface GcpConfiguration {
  readonly projectNumber: string;
  readonly workloadIdentityPoolId: string;
  readonly workloadIdentityPoolProviderId: string;
  readonly serviceAccountEmail: string | undefined;
  /** The delegation chain as resource names, `projects/-/serviceAccounts/{email}`; `undefined` without one. */
  readonly delegates: readonly string[] | undefined;
  /** Sorted, without duplicates. */
  readonly scopes: readonly string[];
  /** The requested lifetime; `undefined` without a service account. */
  readonly lifetimeSeconds: number | undefined;
  readonly projectId: string | undefined;
  readonly quotaProjectId: string | undefined;
  readonly universeDomain: string;
  /** Origins, without a trailing slash. */
  readonly stsEndpoint: string;
  readonly iamCredentialsEndpoint: string;
  /** The option `fetch`. An exchanger either uses it or throws. */
  readonly fetch: Fetch | undefined;
  readonly clock: Pick<Clock, 'now'>;
}

/** Google Cloud credentials, cached and refreshed for the process. */
export interface GcpCredentialsProvider extends CredentialProvider<GcpCredentials, GcpRequest> {
  /**
   * The interface of firebase-admin's `Credential`: `initializeApp({ credential: gcpCredentialsProvider(options) })`.
   * `expires_in` is in seconds.
   */
  getAccessToken(): Promise<{ access_token: string; expires_in: number }>;
}
