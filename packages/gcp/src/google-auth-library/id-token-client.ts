import { IdTokenClient } from 'google-auth-library';
import type { gaxios } from 'google-auth-library';
import type { GcpIdTokenOptions, GcpIdTokenProvider } from '../id-token.js';
import { gcpIdTokenProvider } from '../id-token.js';
import { containsStream, portableHeaders, sentToken } from './requests.js';

/**
 * An `IdTokenClient` for a private Cloud Run service, a service behind Identity-Aware Proxy, or any other that verifies
 * Google's ID tokens: what `GoogleAuth.getIdTokenClient()` returns for other credentials. Every token comes from the same
 * cache as `getGcpIdToken`. `request()` repeats a call once with a new token if the service responds with 401; a token for
 * another audience stays rejected.
 *
 * For a client or a version of the library that you did not install, use `getRequestHeaders()`, or `getGcpIdToken`.
 *
 * @example
 * const client = idTokenClient({ targetAudience: 'https://orders-abc123-ew.a.run.app' });
 * const { data } = await client.request({ url: 'https://orders-abc123-ew.a.run.app/orders' });
 * @throws OptionError names the option and its environment variable
 */
export function idTokenClient(options: GcpIdTokenOptions): IdTokenClient {
  return new FederatedIdTokenClient(gcpIdTokenProvider(options), options.targetAudience);
}

/** The cache and the refresh of the base class are never used. */
class FederatedIdTokenClient extends IdTokenClient {
  readonly #provider: GcpIdTokenProvider;

  constructor(provider: GcpIdTokenProvider, targetAudience: string) {
    super({ targetAudience, idTokenProvider: { fetchIdToken: () => provider.getIdToken() } });
    this.#provider = provider;
  }

  override async getRequestHeaders(): Promise<Headers> {
    return portableHeaders({ authorization: `Bearer ${await this.#provider.getIdToken()}` });
  }

  protected override async getRequestMetadataAsync(): Promise<{ headers: Headers }> {
    return { headers: await this.getRequestHeaders() };
  }

  protected override async requestAsync<T>(options: gaxios.GaxiosOptions): Promise<gaxios.GaxiosResponse<T>> {
    try {
      return await super.requestAsync<T>(options, true);
    } catch (error) {
      const status = (error as { readonly response?: { readonly status?: unknown } }).response?.status;
      const token = sentToken(options);
      if (status !== 401 || token === undefined || containsStream(options)) throw error;
      // This token only: if another caller has already renewed it, the new token stays cached.
      this.#provider.invalidate((cached) => cached.idToken === token);
      return super.requestAsync<T>(options, true);
    }
  }
}
