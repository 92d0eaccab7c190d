/** The exchanger of a provider that names none: google-auth-library, loaded with the first exchange. */

import { OptionError } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';
import type { GcpCredentials, GcpExchange, GcpRequest } from './gcp-exchanger.js';
import { gcpExchanger } from './gcp-exchanger.js';
import type { GcpConfiguration } from './gcp-options.js';

export interface LazyExchanger {
  readonly exchanger: Exchanger<GcpCredentials, GcpRequest>;
  loaded(): boolean;
  /** @throws OptionError `missing_package` */
  load(): Promise<GcpExchange>;
}

export function lazyGoogleAuthLibrary(
  configuration: GcpConfiguration,
  importModule: () => Promise<
    Pick<typeof import('./google-auth-library/exchange.js'), 'googleAuthLibraryExchange'>
  > = () => import('./google-auth-library/exchange.js'),
): LazyExchanger {
  let exchange: GcpExchange | undefined;

  async function load(): Promise<GcpExchange> {
    const { googleAuthLibraryExchange } = await importModule().catch(missingPackage);
    exchange ??= googleAuthLibraryExchange(configuration);
    return exchange;
  }

  return {
    exchanger: gcpExchanger(configuration, async (...step) => (await load())(...step)),
    loaded: () => exchange !== undefined,
    load,
  };
}

/** Only the absence of the package itself: what is broken below it, or in here, is told in its own words. */
function missingPackage(error: unknown): never {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const absent =
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    typeof message === 'string' &&
    /(?:package|module|Import) ["']google-auth-library["']/.test(message);
  if (!absent) throw error;
  throw new OptionError(
    'missing_package',
    'exchanger',
    undefined,
    'The package google-auth-library is not installed: run `npm install google-auth-library`, or pass an `exchanger`.',
  );
}
