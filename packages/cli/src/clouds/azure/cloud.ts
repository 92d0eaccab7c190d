/** Azure on the command line. */

import type { AzureCredentials } from '@credex/azure';
import type { AzureEntry } from '@credex/config';
import type { Cloud } from '../cloud.js';
import { dev } from './dev.js';
import { doctor } from './doctor.js';
import { environment } from './environment.js';
import { printConfig } from './print-config.js';
import { init, setup } from './setup.js';

export const azure: Cloud<AzureEntry, AzureCredentials> = {
  factory: async () => (await import('@credex/azure')).azureCredentialsProvider,
  setup,
  init,
  doctor,
  environment,
  variables: {
    options: {
      tenantId: ['AZURE_TENANT_ID'],
      clientId: ['AZURE_CLIENT_ID'],
      authorityHost: ['AZURE_AUTHORITY_HOST'],
    },
    required: ['tenantId', 'clientId'],
  },
  dev,
  explain: {
    file: 'federated credentials',
    from: 'az ad app federated-credential list --id APP',
    options: [],
    input: () => ({ cloud: 'azure' }),
  },
  printConfig,
};
