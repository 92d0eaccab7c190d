/** The exchanger of a provider that names none: the official library, loaded with the first miss. */

import type { Exchanger } from '@credex/core/driver';
import { optionalPackage } from '@credex/core/driver';
import { azureExchanger } from './azure-exchanger.js';
import type { AzureConfiguration, AzureCredentials, AzureRequest } from './azure-types.js';

type AzureExchanger = Exchanger<AzureCredentials, AzureRequest>;
type SdkModule = Pick<typeof import('./identity.js'), 'azureIdentityExchanger'>;

export function identityOnFirstUse(
  configuration: AzureConfiguration,
  importModule: () => Promise<SdkModule> = () => import('./identity.js'),
): AzureExchanger {
  const sdk = optionalPackage('@azure/identity', importModule);
  let exchanger: AzureExchanger | undefined;
  return azureExchanger(configuration, async (request, context) => {
    exchanger ??= (await sdk.load()).azureIdentityExchanger()(configuration);
    return exchanger.exchange(request, context);
  });
}
