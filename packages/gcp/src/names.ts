/** Google's resource names and URLs, built from a validated configuration. */

import { httpsUrl } from '@credex/core/internal';
import type { GcpConfiguration } from './types.js';

type PoolNames = Pick<
  GcpConfiguration,
  'projectNumber' | 'workloadIdentityPoolId' | 'workloadIdentityPoolProviderId'
>;

/** `projects/{number}/locations/global/workloadIdentityPools/{pool}` */
function poolName({ projectNumber, workloadIdentityPoolId }: PoolNames): string {
  return `projects/${projectNumber}/locations/global/workloadIdentityPools/${workloadIdentityPoolId}`;
}

/**
 * The pool provider's resource name: the `audience` parameter of STS, and the expected `aud` of a token if the provider
 * has no allowed audiences. The host is `iam.googleapis.com` in every universe.
 */
export function providerAudience(names: PoolNames): string {
  return `//iam.googleapis.com/${poolName(names)}/providers/${names.workloadIdentityPoolProviderId}`;
}

/**
 * The federated principal as named in IAM policies, if the pool maps `google.subject` to `assertion.sub` (as Vercel's
 * guide does). With another mapping the name differs, and the token does not tell it.
 */
export function federatedPrincipal(names: PoolNames, subject: string): string {
  return `principal://iam.googleapis.com/${poolName(names)}/subject/${subject}`;
}

export function stsUrl({ stsEndpoint }: Pick<GcpConfiguration, 'stsEndpoint'>): URL {
  return new URL('/v1/token', stsEndpoint);
}

/** A method of the IAM Credentials API for the service account; `undefined` without impersonation. */
export function iamCredentialsUrl(
  configuration: Pick<GcpConfiguration, 'iamCredentialsEndpoint' | 'serviceAccountEmail'>,
  method = 'generateAccessToken',
): URL | undefined {
  const { serviceAccountEmail: email, iamCredentialsEndpoint } = configuration;
  if (email === undefined) return undefined;
  // core's URL builder encodes the path segments; the origin was validated with the options.
  const { pathname } = httpsUrl({
    host: 'iamcredentials.googleapis.com',
    path: ['v1', 'projects', '-', 'serviceAccounts', `${email}:${method}`],
  });
  return new URL(pathname, iamCredentialsEndpoint);
}
