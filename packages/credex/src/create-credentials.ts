import type { Config, ExactConfig } from '@credex/config';
import { loadConfig } from '@credex/config';
import {
  FROM_CODE,
  assertConfigAvailable,
  checkedConfig,
  currentEnvironment,
  entryFor,
  named,
} from '@credex/config/internal';
import type { CredentialCall } from '@credex/core';
import { optionNames, ownOptions } from '@credex/core/internal';
import { callerError } from '@credex/core/failure';
import type { AuthorizeOptions } from './clouds/cloud.js';
import type {
  AnyCredentials,
  AnyProvider,
  CredentialsOf,
  DefaultName,
  HasDefault,
  NameOf,
  ProviderOf,
} from './clouds/clouds.js';
import type { Loaded } from './load-provider.js';
import { loadProvider } from './load-provider.js';
import type { CredentialsSettings } from './settings.js';
import { checkedSettings } from './settings.js';

/** The options of one call that all clouds share. */
export type AnyCall = Pick<CredentialCall<unknown>, 'signal' | 'forceRefresh' | 'minValidityMs'>;

type NamedAuthorizeOptions = AuthorizeOptions & { readonly name?: string | undefined };

const AUTHORIZE_OPTION_NAMES: readonly string[] = optionNames<NamedAuthorizeOptions>({
  name: true,
  init: true,
  service: true,
  region: true,
  payload: true,
  scopes: true,
  signal: true,
});

/** The credentials of a configuration, by their names. */
export interface Credentials<C extends Config = Config> {
  /**
   * Returns the provider of the name, with the type of its cloud. Each call returns the same provider. The first call
   * imports the package of the cloud.
   * @throws OptionError `missing_package` if that package is not installed; a later call tries again
   */
  get<N extends NameOf<C> = DefaultName<C>>(
    ...name: HasDefault<C> extends true ? [name?: N | undefined] : [name: N]
  ): Promise<ProviderOf<C, N>>;
  /** Returns a credential of the name. */
  getCredentials<N extends NameOf<C> = DefaultName<C>>(
    ...call: HasDefault<C> extends true
      ? [name?: N | undefined, call?: AnyCall | undefined]
      : [name: N, call?: AnyCall | undefined]
  ): Promise<CredentialsOf<C, N>>;
  /**
   * Returns a request that is ready to send: signed for AWS (Signature Version 4), with a bearer token for Google Cloud
   * and Azure. The body of a given request is consumed, as by fetch. Only https URLs of the cloud's own hosts and of the
   * entry's `origins` are accepted. Sending the result fails on a redirect.
   *
   * @example
   * const response = await fetch(await credentials.authorize('https://storage.googleapis.com/storage/v1/b/shop/o'));
   * @throws OptionError if the request must not have the credential; no credential is requested then
   */
  authorize(
    request: Request | string | URL,
    ...options: HasDefault<C> extends true
      ? [options?: AuthorizeOptions & { readonly name?: NameOf<C> | undefined }]
      : [options: AuthorizeOptions & { readonly name: NameOf<C> }]
  ): Promise<Request>;
}

/**
 * Creates the credentials of a configuration. A configuration that is passed in is used unchanged, so that its types are
 * correct: environment variables are not applied. Without one, the first call finds the file and applies the variables, as
 * `loadConfig` does.
 *
 * The entry of a list is selected when this function is called, by VERCEL_TARGET_ENV, else VERCEL_ENV, else `development`.
 *
 * @example
 * const credentials = createCredentials(config, { onEvent: (event) => console.log(event.type) });
 * const s3 = new S3Client({ region: 'eu-west-1', credentials: await credentials.get('store') });
 *
 * @throws ConfigError with every problem of the configuration; `missing_option` if none is passed in and there is
 *   neither a credex.config.* in the working directory nor CREDEX_CONFIG, as in a bundled function
 */
export function createCredentials<const C extends Config>(
  config: C & ExactConfig<C>,
  settings?: CredentialsSettings,
): Credentials<C>;
export function createCredentials(config?: undefined, settings?: CredentialsSettings): Credentials;
export function createCredentials(config?: Config, settings: CredentialsSettings = {}): Credentials {
  const checked = checkedSettings(settings);
  const environment = currentEnvironment();
  if (config === undefined) assertConfigAvailable();
  const fixed = config === undefined ? undefined : checkedConfig(config, FROM_CODE);
  const loading = new Map<string, Promise<Loaded>>();
  const loaded = new Map<string, Loaded>();
  let reading: Promise<Config> | undefined;
  let defaultName = fixed?.default;

  function read(): Promise<Config> {
    reading ??= loadConfig().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  }

  /** Synchronous once the provider is loaded, so that the token is captured in the caller's own call. */
  function loadedOf(given: string | undefined): Loaded | Promise<Loaded> {
    const name = given ?? defaultName;
    return (name === undefined ? undefined : loaded.get(name)) ?? open(given);
  }

  async function open(given: string | undefined): Promise<Loaded> {
    const { credentials, default: byDefault } = fixed ?? (await forCaller(read()));
    defaultName = byDefault;
    const name = named(given ?? byDefault, Object.keys(credentials));
    const found = loaded.get(name);
    if (found !== undefined) return found;
    const pending = loading.get(name);
    if (pending !== undefined) return forCaller(pending);
    const started = load(name, credentials);
    loading.set(name, started);
    const forget = (): boolean => loading.delete(name);
    started.then(forget, forget);
    return forCaller(started);
  }

  async function load(name: string, credentials: Config['credentials']): Promise<Loaded> {
    const entry = entryFor(name, credentials[name] ?? [], environment);
    const made = await loadProvider(name, entry, checked);
    loaded.set(name, made);
    return made;
  }

  return {
    get: async (name?: string): Promise<AnyProvider> => (await loadedOf(name)).provider,
    async getCredentials(name?: string, call?: AnyCall): Promise<AnyCredentials> {
      const found = loadedOf(name);
      const { provider } = found instanceof Promise ? await found : found;
      return await (call === undefined ? provider.getCredentials() : provider.getCredentials(call));
    },
    async authorize(request, given): Promise<Request> {
      const options = ownOptions<NamedAuthorizeOptions>('authorize', given ?? {}, AUTHORIZE_OPTION_NAMES);
      const [loadedEntry, { authorized, givenRequest }] = await Promise.all([
        loadedOf(options.name),
        import('./authorize.js'),
      ]);
      return authorized(givenRequest(request, options), loadedEntry, options, checked);
    },
  };
}

/** Several callers may wait for the same work: each of them receives a separate error. */
async function forCaller<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw callerError(error);
  }
}

/**
 * Returns a credential of the configuration that is found. For scripts: each call reads the file again, because only the
 * process-wide cache of credentials is kept between calls. A service should keep the result of `createCredentials()`.
 *
 * @example
 * const credential = await getCredentials('store');
 * @throws ConfigError, OptionError, FederationError
 */
export async function getCredentials(name?: string, call?: AnyCall): Promise<AnyCredentials> {
  return await createCredentials().getCredentials(name, call);
}
