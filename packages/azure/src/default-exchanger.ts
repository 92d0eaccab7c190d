/** The exchanger of a provider that names none: the official library, loaded with the first miss. */

import { OptionError } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';
import { azureExchanger } from './azure-exchanger.js';
import type { AzureConfiguration, AzureCredentials, AzureRequest } from './azure-types.js';

type AzureExchanger = Exchanger<AzureCredentials, AzureRequest>;

export interface LazyExchanger {
  readonly exchanger: AzureExchanger;
  /**
   * Called before an exchange, so that misuse is told as what it is.
   * @throws OptionError `missing_package`, or what the library's exchanger refuses
   */
  load(): Promise<AzureExchanger>;
}

export function identityOnFirstUse(
  configuration: AzureConfiguration,
  importModule: () => Promise<Pick<typeof import('./identity.js'), 'azureIdentityExchanger'>> = () =>
    import('./identity.js'),
): LazyExchanger {
  let held: AzureExchanger | undefined;

  async function load(): Promise<AzureExchanger> {
    if (held !== undefined) return held;
    const { azureIdentityExchanger } = await importModule().catch(missingPackage);
    return (held ??= azureIdentityExchanger()(configuration));
  }

  return {
    exchanger: azureExchanger(configuration, async (request, context) =>
      (await load()).exchange(request, context),
    ),
    load,
  };
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
