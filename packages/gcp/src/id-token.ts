/** `@credex/gcp/id-token`: OpenID Connect ID tokens of a service account, for Cloud Run and Identity-Aware Proxy. */

import type { CredentialCall, CredentialProvider } from '@credex/core';
import type { Grammar } from '@credex/core/internal';
import {
  SERVICE_ACCOUNT_EMAIL,
  createCredentialProvider,
  optionNames,
  optionalBoolean,
  ownCopy,
  ownMembers,
  ownOptions,
  providerOptions,
  rememberProviders,
  requiredString,
} from '@credex/core/internal';
import { vercelPlatform } from '@credex/vercel/driver';
import { idTokenCredentialsOf, idTokenExchanger } from './id-token-exchanger.js';
import { providerAudience } from './names.js';
import type { GcpCredentialsProviderOptions } from './options.js';
import { OPTION_NAMES, gcpConfiguration } from './options.js';
import type { GcpIdToken, GcpIdTokenRequest } from './types.js';

export type { GcpIdToken, GcpIdTokenRequest } from './types.js';

/** The options of `gcpCredentialsProvider` that apply to ID tokens, and those of the ID token. */
export interface GcpIdTokenOptions extends Omit<
  GcpCredentialsProviderOptions,
  'scopes' | 'lifetimeSeconds' | 'exchanger'
> {
  /**
   * The audience (`aud`) of the ID token, 1 to 2,000 characters: the URL of the Cloud Run service, or the OAuth client ID of
   * Identity-Aware Proxy. Required. (`audience` is another option: the audience of the Vercel token.)
   */
  readonly targetAudience: string;
  /**
   * Add the service account's email address to the token, as the claims `email` and `azp`, as google-auth-library does.
   * Identity-Aware Proxy requires it. Default: true. With false, `azp` is the account's numeric id.
   */
  readonly includeEmail?: boolean | undefined;
}

/** ID tokens, cached and refreshed for the process. */
export interface GcpIdTokenProvider extends CredentialProvider<GcpIdToken, GcpIdTokenRequest> {
  /** The ID token alone. It takes no arguments and ignores any, so it can be passed as a token function. */
  getIdToken(): Promise<string>;
}

const ID_TOKEN_OPTION_NAMES: readonly string[] = [
  ...OPTION_NAMES.filter((name) => name !== 'scopes' && name !== 'lifetimeSeconds' && name !== 'exchanger'),
  'targetAudience',
  'includeEmail',
];

const CALL_NAMES: readonly string[] = optionNames<CredentialCall<GcpIdTokenRequest>>({
  signal: true,
  forceRefresh: true,
  minValidityMs: true,
  request: true,
});

const AUDIENCE: Grammar = {
  pattern: /^[\x21-\x7e]{1,2000}$/,
  says: 'the audience of the ID token: the URL of the Cloud Run service, or the OAuth client ID of Identity-Aware Proxy',
};

/**
 * ID tokens of a service account for code on Vercel. The Vercel token is exchanged at Google's STS for a federated token,
 * with which IAM Credentials creates the ID token (`generateIdToken`). google-auth-library cannot do this for external
 * accounts. Nothing is read or sent before the first call. An ID token is valid for one hour.
 *
 * The federated principal (or the last one of `delegates`) needs `roles/iam.serviceAccountOpenIdTokenCreator` on the
 * service account; `roles/iam.workloadIdentityUser` includes it. The service account needs what the service asks for:
 * `roles/run.invoker` on the Cloud Run service, or `roles/iap.httpsResourceAccessor`.
 *
 * For the clients of google-auth-library, use `idTokenClient` from `@credex/gcp/google-auth-library`.
 *
 * @example
 * const provider = gcpIdTokenProvider({
 *   projectNumber: '123456789012',
 *   workloadIdentityPoolId: 'vercel',
 *   workloadIdentityPoolProviderId: 'vercel',
 *   serviceAccountEmail: 'app@my-project.iam.gserviceaccount.com',
 *   targetAudience: 'https://orders-abc123-ew.a.run.app',
 * });
 * const { idToken } = await provider.getCredentials();
 * @throws OptionError with the option and its environment variable
 */
export function gcpIdTokenProvider(given: GcpIdTokenOptions): GcpIdTokenProvider {
  const options = ownOptions('gcpIdTokenProvider', given, ID_TOKEN_OPTION_NAMES);
  const serviceAccount = { option: 'serviceAccountEmail', environmentVariable: 'GCP_SERVICE_ACCOUNT_EMAIL' };
  const serviceAccountEmail = requiredString(
    serviceAccount,
    options.serviceAccountEmail,
    SERVICE_ACCOUNT_EMAIL,
  );
  const targetAudience = audienceOf(options.targetAudience);
  const includeEmail = optionalBoolean({ option: 'includeEmail' }, options.includeEmail) ?? true;
  const configuration = { ...gcpConfiguration(options), serviceAccountEmail, targetAudience, includeEmail };
  const provider = createCredentialProvider(
    idTokenExchanger(configuration),
    providerOptions(options, vercelPlatform, `https:${providerAudience(configuration)}`),
    idTokenCredentialsOf,
  );
  const requestOf = (
    request: Partial<GcpIdTokenRequest> | undefined,
  ): Partial<GcpIdTokenRequest> | undefined => {
    const requested = ownCopy(request ?? {}).targetAudience;
    return requested === undefined || requested === targetAudience
      ? undefined
      : { targetAudience: audienceOf(requested) };
  };

  return {
    async getCredentials(givenCall) {
      if (givenCall === undefined) return await provider.getCredentials();
      const call = ownMembers('getCredentials', givenCall, CALL_NAMES, 'call');
      return await provider.getCredentials(Object.assign(call, { request: requestOf(call.request) }));
    },
    invalidate: (which) => provider.invalidate(which),
    status: (call) => provider.status({ request: requestOf(ownCopy(call ?? {}).request) }),
    getIdToken: async () => (await provider.getCredentials()).idToken,
  };
}

const audienceOf = (value: unknown): string => requiredString({ option: 'targetAudience' }, value, AUDIENCE);

const rememberedProvider = rememberProviders(gcpIdTokenProvider);

/**
 * Returns an ID token from the process-wide cache, so that it can be called for each request without an exchange.
 *
 * @example
 * const { idToken } = await getGcpIdToken({ targetAudience: 'https://orders-abc123-ew.a.run.app' });
 * const response = await fetch('https://orders-abc123-ew.a.run.app/orders', {
 *   headers: { authorization: `Bearer ${idToken}` },
 * });
 * @throws OptionError, FederationError
 */
export async function getGcpIdToken(
  options: GcpIdTokenOptions,
  call?: CredentialCall<GcpIdTokenRequest>,
): Promise<GcpIdToken> {
  return await rememberedProvider(options).getCredentials(call);
}
