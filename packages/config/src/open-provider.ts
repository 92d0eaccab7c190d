/** Makes the provider of an entry. The cloud's factory is passed in, so this package depends on no cloud. */

import {
  OptionError,
  FederationError,
  createCredentialCache,
  type OnEvent,
  type SubjectTokenSource,
} from '@credex/core';
import { ConfigError } from './config-error.js';
import type { Entry } from './define-config.js';
import { isLaptop } from '@credex/core/internal';
import { callerError } from '@credex/core/failure';
import { CLOUDS } from './option-table.js';

// `local: 'profile'`: on a laptop without a Vercel token, use the developer's own login. Never on Vercel.

/** The methods that the providers of all clouds have. Some providers are functions as well. */
export interface PortableProvider {
  invalidate(which: never): void;
  status(call: never): unknown;
}

interface LocalProfile<P extends PortableProvider> {
  readonly name: string;
  readonly entry: Entry;
  /** The provider that exchanges the Vercel token. */
  readonly main: P;
  readonly open: (options: Readonly<Record<string, unknown>>) => P;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Signing in with a browser or running `az` takes seconds. */
const TIMEOUT_MS = 30_000;

/** The methods that return a credential. Each cloud has some of them. */
const CREDENTIAL_METHODS = ['getCredentials', 'getToken', 'getAccessToken'] as const;

type Method = (...args: readonly unknown[]) => unknown;
type Methods = Readonly<Record<string, Method | undefined>>;

/**
 * Returns a provider with the shape of the main one. If the main provider finds no Vercel token (`no_subject_token` only),
 * the developer's own profile is used, and a `warning` event is sent each time it takes over.
 */
function withLocalProfile<P extends PortableProvider>({
  name,
  entry,
  main,
  open,
  options,
}: LocalProfile<P>): P {
  let local: Promise<P> | undefined;
  let active: P = main;

  const attempt = async (call: (provider: P) => unknown): Promise<unknown> => {
    try {
      const result = await call(main);
      active = main;
      return result;
    } catch (error) {
      if (!isNoToken(error) || !isLaptop()) throw error;
      local ??= openLocal().catch((failure: unknown) => {
        local = undefined;
        throw failure;
      });
      const provider = await local.catch((failure: unknown) => {
        throw callerError(failure);
      });
      if (active === main) warn();
      active = provider;
      return await call(provider);
    }
  };

  async function openLocal(): Promise<P> {
    const exchanger = await CLOUDS[entry.provider].login?.exchanger(`credentials.${name}.local`);
    // A separate cache, so that no other provider of this process finds the credentials of the developer.
    const own = { exchanger, tokenSource: noToken(name), cache: createCredentialCache() };
    // `expect` applies to tokens, and a local login has none.
    return open({ timeoutMs: TIMEOUT_MS, ...options, ...own, audience: undefined, expect: undefined });
  }

  function warn(): void {
    const { provider } = entry;
    const message = `credentials.${name}: no Vercel token was found, so the ${CLOUDS[provider].login?.name ?? 'login'} of this machine is used (local: 'profile').`;
    try {
      (options['onEvent'] as OnEvent | undefined)?.({ type: 'warning', provider, message });
    } catch {
      // As in core, an error thrown by a listener must not fail the call.
    }
  }

  const of = (provider: P): Methods => provider as unknown as Methods;
  const credentialMethods = CREDENTIAL_METHODS.filter((method) => of(main)[method] !== undefined).map(
    (method) => [
      method,
      (...args: readonly unknown[]) => attempt((provider) => of(provider)[method]?.(...args)),
    ],
  );
  const shape = {
    ...Object.fromEntries(credentialMethods),
    invalidate(which: never): void {
      main.invalidate(which);
      local?.then((provider) => provider.invalidate(which)).catch(() => undefined);
    },
    status: (call: never) => active.status(call),
  };
  if (typeof main !== 'function') return shape as unknown as P;
  const callable = (...args: readonly unknown[]): unknown =>
    attempt((provider) => (provider as unknown as Method)(...args));
  return Object.assign(callable, shape, { memoized: true }) as unknown as P;
}

function isNoToken(error: unknown): boolean {
  return FederationError.isInstance(error) && error.code === 'no_subject_token';
}

/** The identity is known without I/O, so that no token is searched for. */
function noToken(name: string): SubjectTokenSource {
  return {
    capture: () => ({
      identityKey: JSON.stringify(['local-profile', name]),
      token: () =>
        Promise.reject(
          new FederationError({
            code: 'no_subject_token',
            provider: 'vercel',
            message: 'A local profile has no Vercel token.',
          }),
        ),
    }),
  };
}

/** Makes a provider of one cloud. The options were checked against the table; the factory checks them as well. */
export type OpenProvider<P> = (options: Readonly<Record<string, unknown>>) => P;

/** The options of an entry that its cloud's factory takes. */
export function optionsOf(entry: Entry): Readonly<Record<string, unknown>> {
  const { provider: _provider, when: _when, local: _local, origins: _origins, ...options } = entry;
  return options;
}

/**
 * @param options The options of the factory: the settings, overridden by those of the entry (`optionsOf`).
 * @throws ConfigError if the factory refuses the options
 */
export function openProvider<P extends PortableProvider>(
  name: string,
  entry: Entry,
  open: OpenProvider<P>,
  options: Readonly<Record<string, unknown>>,
): P {
  const main = withKey(name, () => open(options));
  return entry.local === undefined ? main : withLocalProfile({ name, entry, main, open, options });
}

/** Adds the configuration key to an error of the factory, which also checks combinations of options. */
function withKey<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!OptionError.isInstance(error)) throw error;
    const path = `credentials.${name}.${error.option}`;
    throw new ConfigError('the configuration', [
      {
        code: error.code,
        path,
        message: `\`${path}\`: ${error.message}`,
        environmentVariable: error.environmentVariable,
      },
    ]);
  }
}
