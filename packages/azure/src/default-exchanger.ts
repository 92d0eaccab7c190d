/** The exchanger of a provider that names none: the official library, loaded with the first miss. */

import { OptionError } from '@credex/core';
import { azureExchanger } from './azure-exchanger.js';
import type { AzureExchangerFactory } from './azure-types.js';

interface IdentityModule {
  readonly azureIdentityExchanger: () => AzureExchangerFactory;
}

export function identityOnFirstUse(
  load: () => Promise<IdentityModule> = () => import('./identity.js'),
): AzureExchangerFactory {
  return (configuration) =>
    azureExchanger(configuration, async (request, context) => {
      const { azureIdentityExchanger } = await load().catch(missingPackage);
      return azureIdentityExchanger()(configuration).exchange(request, context);
    });
}

/** Only the absence of the package itself: a broken installation below it must show its own words. */
function missingPackage(error: unknown): never {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const absent =
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    typeof message === 'string' &&
    /(?:package|module|Import) ["']@azure\/identity["']/.test(message);
  if (!absent) throw error;
  throw new OptionError(
    'missing_package',
    'exchanger',
    undefined,
    'The package @azure/identity is not installed: run `npm install @azure/identity`, or pass an `exchanger`.',
  );
}
