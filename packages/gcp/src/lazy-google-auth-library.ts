/** The exchanger of a provider that names none: google-auth-library, loaded with the first exchange. */

import type { Exchanger } from '@credex/core/driver';
import { optionalPackage } from '@credex/core/driver';
import type { GcpCredentials, GcpExchange, GcpRequest } from './gcp-exchanger.js';
import { gcpExchanger } from './gcp-exchanger.js';
import type { GcpConfiguration } from './gcp-options.js';

type SdkModule = Pick<typeof import('./google-auth-library/exchange.js'), 'googleAuthLibraryExchange'>;

export function lazyGoogleAuthLibrary(
  configuration: GcpConfiguration,
  importModule: () => Promise<SdkModule> = () => import('./google-auth-library/exchange.js'),
): Exchanger<GcpCredentials, GcpRequest> {
  const sdk = optionalPackage('google-auth-library', importModule);
  let exchange: GcpExchange | undefined;
  return gcpExchanger(configuration, async (...step) => {
    exchange ??= (await sdk.load()).googleAuthLibraryExchange(configuration);
    return exchange(...step);
  });
}
