/** The exchanger of a provider that names none: found on the first miss, so that a main entry loads no SDK. */

import { OptionError } from '@credex/core';
import type { AwsSessionCredentials } from './aws-credentials.js';
import type { AwsExchangerFactory, AwsRequest } from './aws-exchanger.js';
import { awsExchanger } from './aws-exchanger.js';
import type { AwsConfiguration } from './aws-options.js';
import type { Exchanger } from '@credex/core/driver';

const PACKAGE = '@aws-sdk/client-sts';

interface SdkModule {
  clientStsExchanger(): AwsExchangerFactory;
}

export interface DefaultExchanger {
  readonly exchanger: Exchanger<AwsSessionCredentials, AwsRequest>;
  /** Loads what the exchange needs. Called before it, so that a missing package is told as what it is. */
  load(): Promise<void>;
}

export function defaultExchanger(
  configuration: AwsConfiguration,
  importModule: () => Promise<SdkModule> = () => import('./client-sts.js'),
): DefaultExchanger {
  let loaded: Promise<Exchanger<AwsSessionCredentials, AwsRequest>> | undefined;

  function loadOnce(): Promise<Exchanger<AwsSessionCredentials, AwsRequest>> {
    loaded ??= importModule().then(
      ({ clientStsExchanger }) => clientStsExchanger()(configuration),
      (error: unknown) => {
        loaded = undefined;
        throw isMissing(error) ? missingPackage() : error;
      },
    );
    return loaded;
  }

  return {
    exchanger: awsExchanger(configuration, async (request, context) =>
      (await loadOnce()).exchange(request, context),
    ),
    async load() {
      await loadOnce();
    },
  };
}

/** The package itself isn't found; an import that fails inside of it is another matter and stays as it is. */
function isMissing(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    typeof message === 'string' &&
    new RegExp(`Cannot find (?:package|module) '${PACKAGE}'`).test(message)
  );
}

function missingPackage(): OptionError {
  return new OptionError(
    'missing_package',
    'exchanger',
    undefined,
    `The package ${PACKAGE} is not installed: run \`npm install ${PACKAGE}\`, or pass another \`exchanger\`.`,
  );
}
