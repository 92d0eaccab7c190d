/** `local: 'profile'`: on a laptop without a Vercel token, use the developer's own login. Never on Vercel. */

import type { OnEvent, SubjectTokenSource } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { isLaptop } from '@credex/core/internal';
import { callerError } from '@credex/core/failure';
import type { Entry } from './entries.js';
import { CLOUDS } from './option-table.js';

/** The methods that the providers of all clouds have. Some providers are functions as well. */
export interface PortableProvider {
  invalidate(which: never): void;
  status(call: never): unknown;
}

export interface LocalProfile<P extends PortableProvider> {
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
export function withLocalProfile<P extends PortableProvider>({
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
