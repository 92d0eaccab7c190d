/** Google's names and addresses, made of a checked configuration only. */

import { httpsUrl } from '@credex/core/driver';
import type { GcpConfiguration } from './gcp-options.js';

type PoolNames = Pick<
  GcpConfiguration,
  'projectNumber' | 'workloadIdentityPoolId' | 'workloadIdentityPoolProviderId'
>;

/** `projects/{number}/locations/global/workloadIdentityPools/{pool}` */
function poolName({ projectNumber, workloadIdentityPoolId }: PoolNames): string {
  return `projects/${projectNumber}/locations/global/workloadIdentityPools/${workloadIdentityPoolId}`;
}

/**
 * The provider as STS wants it in `audience`, and as a token's `aud` is expected where the provider names no
 * audience of its own. `iam.googleapis.com` in every universe.
 */
export function providerAudience(names: PoolNames): string {
  return `//iam.googleapis.com/${poolName(names)}/providers/${names.workloadIdentityPoolProviderId}`;
}

/**
 * The federated principal as IAM policies name it, where the pool maps `google.subject` to `assertion.sub`
 * (Vercel's guide does). Another mapping gives another name, which the token alone doesn't tell.
 */
export function federatedPrincipal(names: PoolNames, subject: string): string {
  return `principal://iam.googleapis.com/${poolName(names)}/subject/${subject}`;
}

export function stsUrl({ stsEndpoint }: Pick<GcpConfiguration, 'stsEndpoint'>): URL {
  return new URL('/v1/token', stsEndpoint);
}

/** `…:generateAccessToken` of the service account; `undefined` where none is impersonated. */
export function generateAccessTokenUrl(
  configuration: Pick<GcpConfiguration, 'iamCredentialsEndpoint' | 'serviceAccountEmail'>,
): URL | undefined {
  const { serviceAccountEmail: email, iamCredentialsEndpoint } = configuration;
  if (email === undefined) return undefined;
  // The path comes from core's builder, which encodes segments; the origin was checked with the options.
  const { pathname } = httpsUrl({
    host: 'iamcredentials.googleapis.com',
    path: ['v1', 'projects', '-', 'serviceAccounts', `${email}:generateAccessToken`],
  });
  return new URL(pathname, iamCredentialsEndpoint);
}
