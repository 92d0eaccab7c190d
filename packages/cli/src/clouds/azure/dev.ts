/** `credex dev` with Azure: Entra and Blob Storage. */

import type { AzureEntry } from '@credex/config';
import { Checks } from '../../setup/checks.js';
import type { TrustRequest } from '../../setup/trust-request.js';
import { trustOfEntry } from '../../setup/trust-request.js';
import type { CloudDev } from '../cloud.js';
import { federatedCredentials } from './identity.js';

export const dev: CloudDev<AzureEntry> = {
  title: 'Azure',
  hosts: {
    entra: String.raw`login\.(?:microsoftonline\.(?:com|us)|partner\.microsoftonline\.cn|microsoft\.com)`,
    'azure-blob': String.raw`[a-z0-9]{3,24}(?:-secondary)?\.blob\.(?:core\.windows\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn)`,
  },
  domains: [
    '.microsoftonline.com',
    '.microsoftonline.us',
    '.microsoftonline.cn',
    'login.microsoft.com',
    '.core.windows.net',
    '.core.usgovcloudapi.net',
    '.core.chinacloudapi.cn',
  ],
  endpoints: () => ({}),
  databases: {
    postgres: ({ AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId }) =>
      !tenantId || !clientId
        ? undefined
        : { check: { cloud: 'azure', tenantId, users: { app: clientId } }, user: 'app' },
  },
  advice:
    'Entra and Blob Storage are emulated. BlobServiceClient needs no change; @azure/identity needs `disableInstanceDiscovery: true`. Other services refuse the token, which is valid only here.',
  seed(entries, trust, storage) {
    const tenants = [...new Set(entries.map(({ tenantId }) => tenantId))];
    const clients = new Map(entries.map((entry) => [entry.clientId, entry]));
    return {
      azure: {
        tenants: tenants.map(tenantOf),
        applications: Array.from(clients.values(), (entry) => ({
          tenantId: tenantOf(entry.tenantId).tenantId,
          clientId: entry.clientId,
          federatedCredentials: credentialsOf(entry, trust),
        })),
        storageAccounts: tenants.slice(0, 1).map((tenantId) => ({
          name: accountName(storage),
          tenantId: tenantOf(tenantId).tenantId,
          containers: [containerName(storage)],
          roleAssignments: Array.from(clients.keys(), (clientId) => ({
            clientId,
            role: 'Storage Blob Data Contributor' as const,
          })),
        })),
      },
    };
  },
};

const NAMED_TENANT = '00000000-0000-4000-8000-000000000001';

/** A tenant that is named by its domain needs an id. */
const tenantOf = (tenantId: string): { readonly tenantId: string; readonly domain?: string } =>
  tenantId.includes('.') ? { tenantId: NAMED_TENANT, domain: tenantId } : { tenantId };

/** What Microsoft recommends for each of its clouds. */
const usualAudience = ({ authorityHost = '' }: AzureEntry): string =>
  authorityHost.endsWith('.us')
    ? 'api://AzureADTokenExchangeUSGov'
    : authorityHost.endsWith('.cn')
      ? 'api://AzureADTokenExchangeChina'
      : 'api://AzureADTokenExchange';

const credentialsOf = (entry: AzureEntry, trust: TrustRequest) =>
  federatedCredentials(trustOfEntry(trust, entry, usualAudience(entry)), new Checks());

/** An account has 3 to 24 letters and digits, a container letters, digits and single hyphens. */
const accountName = (storage: string): string =>
  storage
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 24)
    .padEnd(3, '0');
const containerName = (storage: string): string => storage.replaceAll(/[^a-z0-9]+/g, '-');
