import type { Credentials, gaxios } from 'google-auth-library';
import { IdentityPoolClient } from 'google-auth-library';
import { gcpCredentialsProvider } from '../gcp-credentials-provider.js';
import { iamCredentialsUrl, providerAudience, stsUrl } from '../names.js';
import type { GcpCredentialsProviderOptions } from '../options.js';
import { gcpConfiguration, gcpOptions } from '../options.js';
import type { GcpConfiguration, GcpCredentials, GcpCredentialsProvider } from '../types.js';
import { getGcpIdToken } from '../id-token.js';
import { containsStream, portableHeaders, sentToken } from './requests.js';
import { asRpcError, isGrpcService } from './rpc-error.js';

/**
 * The type of `googleAuthClient()` where a `Client` is expected. Each Google client carries a copy of
 * google-auth-library, and `AuthClient` of one copy is not assignable to `AuthClient` of another, because the class
 * has private and protected members. This type keeps the members of the union `Client` that the auth client is
 * compatible with: those that have only public names that it has, so not `GoogleAuth`, `JWT`, `OAuth2Client` or strings.
 * If none is left, it is the `IdentityPoolClient` of the copy that you installed.
 */
export type AuthClientFor<Client> = [Compatible<Client>] extends [never]
  ? IdentityPoolClient
  : Compatible<Client>;

type Compatible<Client> = Client extends object
  ? [keyof Client] extends [keyof IdentityPoolClient | 'gaxios']
    ? Client
    : never
  : never;

/**
 * An auth client for @google-cloud/* and googleapis. Every token comes from the same cache as
 * `getGcpCredentials`, so many clients share one exchange. `request()` repeats a call once with a new token if the
 * service responds with 401 (or with 403, if `forceRefreshOnFailure` is set on the client).
 *
 * Clients that carry another copy of google-auth-library accept it too: TypeScript infers their type of `AuthClient`
 * where the call is an argument. For a variable that several clients share, name the type:
 * `googleAuthClient<StorageOptions['authClient']>(options)`. To sign (Storage's `getSignedUrl`) with a client that
 * carries another copy, pass the account: `new Storage({ authClient, credentials: { client_email } })`. The service account needs
 * `roles/iam.serviceAccountTokenCreator` on itself. Signing uses `iamCredentialsEndpoint`.
 *
 * `GoogleAuth.getIdTokenClient(targetAudience)` with this client returns ID tokens of the service account; `idTokenClient`
 * does the same without GoogleAuth.
 *
 * @typeParam Client the type that the Google client expects; inferred, by default the `IdentityPoolClient` of the
 *   installed google-auth-library
 * @example
 * const storage = new Storage({ authClient: googleAuthClient({ serviceAccountEmail }), projectId: 'my-project' });
 * @throws OptionError names the option and its environment variable
 */
export function googleAuthClient<Client = IdentityPoolClient>(
  options: GcpCredentialsProviderOptions = {},
): AuthClientFor<Client> {
  const own = gcpOptions(options);
  const client = new FederatedAuthClient(gcpCredentialsProvider(own), gcpConfiguration(own), idTokensOf(own));
  // The classes of two copies differ nominally; the type above checks the public names.
  return client as unknown as AuthClientFor<Client>;
}

/**
 * Extends `IdentityPoolClient`, because GoogleAuth reads the project and the signing account from that class. The
 * exchange and the cache of the base class are never used.
 */
class FederatedAuthClient extends IdentityPoolClient {
  readonly #provider: GcpCredentialsProvider;
  readonly #configuration: GcpConfiguration;
  readonly #idTokens: (targetAudience: string) => Promise<string>;

  constructor(
    provider: GcpCredentialsProvider,
    configuration: GcpConfiguration,
    idTokens: (targetAudience: string) => Promise<string>,
  ) {
    const impersonationUrl = iamCredentialsUrl(configuration)?.href;
    super({
      audience: providerAudience(configuration),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: stsUrl(configuration).href,
      ...(impersonationUrl === undefined ? {} : { service_account_impersonation_url: impersonationUrl }),
      scopes: [...configuration.scopes],
      universe_domain: configuration.universeDomain,
      ...(configuration.projectId === undefined ? {} : { project_id: configuration.projectId }),
      ...(configuration.quotaProjectId === undefined
        ? {}
        : { quota_project_id: configuration.quotaProjectId }),
      subject_token_supplier: { getSubjectToken: noExchangeHere },
    });
    this.#provider = provider;
    this.#configuration = configuration;
    this.#idTokens = idTokens;
  }

  /** Part of the public interface of version 9, whose clients expect it; later versions have only `transporter`. */
  get gaxios(): gaxios.Gaxios {
    const transporter = this.transporter as gaxios.Gaxios & { readonly instance?: gaxios.Gaxios };
    return transporter.instance ?? transporter;
  }

  override async getAccessToken(): Promise<{ token: string; res: null }> {
    return { token: (await this.#credentials()).accessToken, res: null };
  }

  /** @param url the URL of the request, or of the service for a gRPC client, whose errors need a numeric code */
  override async getRequestHeaders(url?: string | URL): Promise<Headers> {
    const { accessToken } = await this.#credentials().catch((error: unknown) => {
      throw isGrpcService(url) ? asRpcError(error) : error;
    });
    return portableHeaders({
      authorization: `Bearer ${accessToken}`,
      ...(this.quotaProjectId === undefined ? {} : { 'x-goog-user-project': this.quotaProjectId }),
    });
  }

  /** Like `request()`. google-gax uses it for REST calls, and needs an HTTP status on every error. */
  override fetch<T>(...args: Parameters<gaxios.Gaxios['fetch']>): gaxios.GaxiosPromise<T> {
    if (typeof super.fetch !== 'function')
      throw new TypeError('google-auth-library 9 has no fetch(): install version 10 or 11.');
    return super.fetch<T>(...args).catch((error: unknown) => {
      throw asRpcError(error);
    });
  }

  /** The interface `IdTokenProvider`: GoogleAuth's `getIdTokenClient(targetAudience)` calls it. */
  fetchIdToken(targetAudience: string): Promise<string> {
    return this.#idTokens(targetAudience);
  }

  override setCredentials(): never {
    throw new TypeError(
      'This client gets its tokens from credex: they cannot be set. Remove the call of setCredentials.',
    );
  }

  override retrieveSubjectToken(): Promise<string> {
    return noExchangeHere();
  }

  protected override async refreshAccessTokenAsync(): Promise<Credentials> {
    this.#refused(this.credentials.access_token);
    await this.#credentials();
    return this.credentials;
  }

  protected override async requestAsync<T>(
    given: gaxios.GaxiosOptions,
    reAuthRetried = false,
  ): Promise<gaxios.GaxiosResponse<T>> {
    const options = this.#toEndpoint(given);
    try {
      return await super.requestAsync<T>(options, true);
    } catch (error) {
      const status = (error as { readonly response?: { readonly status?: unknown } }).response?.status;
      if (status === 403) addSigningHint(error, String(options.url), this.#configuration);
      const refused = status === 401 || (status === 403 && this.forceRefreshOnFailure);
      if (reAuthRetried || !refused || containsStream(options)) throw error;
      this.#refused(sentToken(options));
      return super.requestAsync<T>(options, true);
    }
  }

  /** GoogleAuth signs at `https://iamcredentials.{universe}`, whatever endpoint the client has. */
  #toEndpoint(options: gaxios.GaxiosOptions): gaxios.GaxiosOptions {
    const { iamCredentialsEndpoint, universeDomain } = this.#configuration;
    const usual = `https://iamcredentials.${universeDomain}`;
    const url = String(options.url);
    return url.startsWith(`${usual}/`)
      ? { ...options, url: iamCredentialsEndpoint + url.slice(usual.length) }
      : options;
  }

  /** Invalidates this token only: if another caller has already renewed it, the new token stays cached. */
  #refused(token: string | null | undefined): void {
    if (typeof token === 'string') this.#provider.invalidate((cached) => cached.accessToken === token);
  }

  async #credentials(): Promise<GcpCredentials> {
    const credentials = await this.#provider.getCredentials().catch(rejectLater);
    if (this.credentials.access_token !== credentials.accessToken) {
      this.credentials = {
        access_token: credentials.accessToken,
        expiry_date: credentials.expiresAt,
        token_type: 'Bearer',
      };
      this.emit('tokens', this.credentials);
    }
    return credentials;
  }
}

/**
 * Rejects in a later turn of the event loop. Storage writes to an upload's stream in the turn in which it requests
 * headers; an immediate rejection would destroy the stream before the write and hide the error from the user.
 */
async function rejectLater(error: unknown): Promise<never> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  throw error;
}

async function noExchangeHere(): Promise<never> {
  throw new TypeError('This client gets its tokens from credex and makes no exchange itself.');
}

/** Storage keeps only the message of an error of signing, so what to do is added to it. */
function addSigningHint(error: unknown, url: string, { serviceAccountEmail = '' }: GcpConfiguration): void {
  const signer = /\/serviceAccounts\/([^/:]+)(?::|%3A)signBlob$/.exec(url)?.[1];
  if (signer === undefined || !(error instanceof Error)) return;
  error.message +=
    ` Grant roles/iam.serviceAccountTokenCreator on ${decodeURIComponent(signer)} to ` +
    `serviceAccount:${serviceAccountEmail}, even if both are the same account.`;
}

/** ID tokens with the options of access tokens that apply to them. */
function idTokensOf(options: GcpCredentialsProviderOptions): (targetAudience: string) => Promise<string> {
  const { scopes: _scopes, lifetimeSeconds: _lifetime, exchanger: _exchanger, ...shared } = options;
  return async (targetAudience) => (await getGcpIdToken({ ...shared, targetAudience })).idToken;
}
