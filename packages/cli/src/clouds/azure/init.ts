/** `credex init azure`: the tenant and the application. */

import { TENANT } from '@credex/core/internal';
import type { CloudInit } from '../cloud.js';
import type { AzureOptions } from './identity.js';
import { GUID } from './identity.js';

const NOTHING = '00000000-0000-4000-8000-000000000000';

export const init: CloudInit<AzureOptions & { readonly tenantId?: string }> = {
  options: [['--tenant-id <id>', 'the tenant (directory): a GUID or one of its domain names']],
  packages: ['@credex/azure'],
  entry(_request, { tenantId, clientId }, checks) {
    return {
      tenantId: checks.required('--tenant-id', tenantId, TENANT, NOTHING),
      // Its id is needed before the trust: `az ad app create --display-name NAME --query appId` prints it.
      clientId: checks.required('--client-id', clientId, GUID, NOTHING),
    };
  },
};
