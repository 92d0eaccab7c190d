import type { Config, ExactConfig } from '@credex/config';
import { loadConfig } from '@credex/config';
import {
  FROM_CODE,
  assertConfigHere,
  checkedConfig,
  currentEnvironment,
  entryFor,
  named,
} from '@credex/config/internal';
import type { CredentialCall } from '@credex/core';
import { callerError, optionNames, ownOptions } from '@credex/core/driver';
import type { AuthorizeOptions } from './authorize.js';
import type { Loaded } from './load-provider.js';
import { loadProvider } from './load-provider.js';
import type {
  AnyCredentials,
  AnyProvider,
  CredentialsOf,
  DefaultName,
  HasDefault,
  NameOf,
  ProviderOf,
} from './provider-types.js';
import type { CredentialsSettings } from './settings.js';
import { checkedSettings } from './settings.js';

/** What one call may say, whichever the cloud. */
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

/** Credentials by name. */
export interface Credentials<C extends Config = Config> {
  /**
   * The provider of the name, of the type of its cloud: the same one for each call. Its package is imported with the
   * first.
   * @throws OptionError `missing_package` where that package is not installed; a later call tries again
   */
  get<N extends NameOf<C> = DefaultName<C>>(
    ...name: HasDefault<C> extends true ? [name?: N | undefined] : [name: N]
  ): Promise<ProviderOf<C, N>>;
  /** A credential at once. */
  getCredentials<N extends NameOf<C> = DefaultName<C>>(
    ...call: HasDefault<C> extends true
      ? [name?: N | undefined, call?: AnyCall | undefined]
      : [name: N, call?: AnyCall | undefined]
  ): Promise<CredentialsOf<C, N>>;
  /**
   * The request, ready to be sent: signed for AWS (Signature Version 4), with a bearer token for Google Cloud and Azure.
   * A request that is given is used up, as by fetch. https only, to the cloud's own hosts and the entry's `origins`.
   * The answer fails on redirects.
   *
   * @example
   * const answer = await fetch(await credentials.authorize('https://storage.googleapis.com/storage/v1/b/shop/o'));
   * @throws OptionError where the request must not have the credential; nothing was asked for it then
   */
  authorize(
    request: Request | string | URL,
    ...options: HasDefault<C> extends true
      ? [options?: AuthorizeOptions & { readonly name?: NameOf<C> | undefined }]
      : [options: AuthorizeOptions & { readonly name: NameOf<C> }]
  ): Promise<Request>;
}

/**
 * Credentials of a configuration. The one that is given is used as it is, so that its types hold: the environment is
 * not asked. Without one, the file is found and the environment laid over it with the first call, as by `loadConfig`.
 *
 * Which entry of a list is meant is settled here, by VERCEL_TARGET_ENV, else VERCEL_ENV, else `development`.
 *
 * @example
 * const credentials = createCredentials(config, { onEvent: (event) => console.log(event.type) });
 * const s3 = new S3Client({ region: 'eu-west-1', credentials: await credentials.get('store') });
 *
 * @throws ConfigError with every problem of the configuration; `missing_option` at once where none is given and there is
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
  if (config === undefined) assertConfigHere();
  const fixed = config === undefined ? undefined : checkedConfig(config, FROM_CODE);
  const loading = new Map<string, Promise<Loaded>>();
  const loaded = new Map<string, Loaded>();
  let reading: Promise<Config> | undefined;
  let usualName = fixed?.default;

  function read(): Promise<Config> {
    reading ??= loadConfig().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  }

  /** Without a promise once it is there: whose token it is is then captured in the caller's own call. */
  function ask(given: string | undefined): Loaded | Promise<Loaded> {
    const name = given ?? usualName;
    return (name === undefined ? undefined : loaded.get(name)) ?? open(given);
  }

  async function open(given: string | undefined): Promise<Loaded> {
    const { credentials, default: usual } = fixed ?? (await forCaller(read()));
    usualName = usual;
    const name = named(given ?? usual, Object.keys(credentials));
    const found = loaded.get(name);
    if (found !== undefined) return found;
    const underWay = loading.get(name);
    if (underWay !== undefined) return forCaller(underWay);
    const begun = load(name, credentials);
    loading.set(name, begun);
    const forget = (): boolean => loading.delete(name);
    begun.then(forget, forget);
    return forCaller(begun);
  }

  async function load(name: string, credentials: Config['credentials']): Promise<Loaded> {
    const entry = entryFor(name, credentials[name] ?? [], environment);
    const made = await loadProvider(name, entry, checked);
    loaded.set(name, made);
    return made;
  }

  return {
    get: async (name?: string): Promise<AnyProvider> => (await ask(name)).provider,
    async getCredentials(name?: string, call?: AnyCall): Promise<AnyCredentials> {
      const asked = ask(name);
      const { provider } = asked instanceof Promise ? await asked : asked;
      return await (call === undefined ? provider.getCredentials() : provider.getCredentials(call));
    },
    async authorize(request, given): Promise<Request> {
      const options = ownOptions<NamedAuthorizeOptions>('authorize', given ?? {}, AUTHORIZE_OPTION_NAMES);
      const [loadedEntry, { authorized, givenRequest }] = await Promise.all([
        ask(options.name),
        import('./authorize.js'),
      ]);
      return authorized(givenRequest(request, options), loadedEntry, options, checked);
    },
  };
}

/** Several callers may wait for the same work: each of them receives an error of its own. */
async function forCaller<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw callerError(error);
  }
}

/**
 * A credential of the configuration that is found, for scripts: the file is read for each call, since nothing is kept
 * between calls but the process-wide cache of credentials. A service keeps what `createCredentials()` gives.
 *
 * @example
 * const credential = await getCredentials('store');
 * @throws ConfigError, OptionError, FederationError
 */
export async function getCredentials(name?: string, call?: AnyCall): Promise<AnyCredentials> {
  return await createCredentials().getCredentials(name, call);
}
