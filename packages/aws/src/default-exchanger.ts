/** The exchanger of a provider that names none: the official client, loaded on the first miss. */

import type { Exchanger } from '@credex/core/driver';
import { optionalPackage } from '@credex/core/driver';
import type { AwsSessionCredentials } from './aws-credentials.js';
import type { AwsExchangerFactory, AwsRequest } from './aws-exchanger.js';
import { awsExchanger } from './aws-exchanger.js';
import type { AwsConfiguration } from './aws-options.js';

interface SdkModule {
  clientStsExchanger(): AwsExchangerFactory;
}

export function defaultExchanger(
  configuration: AwsConfiguration,
  importModule: () => Promise<SdkModule> = () => import('./client-sts.js'),
): Exchanger<AwsSessionCredentials, AwsRequest> {
  const sdk = optionalPackage('@aws-sdk/client-sts', importModule);
  let exchanger: Exchanger<AwsSessionCredentials, AwsRequest> | undefined;
  return awsExchanger(configuration, async (request, context) => {
    exchanger ??= (await sdk.load()).clientStsExchanger()(configuration);
    return exchanger.exchange(request, context);
  });
}
