/** Entries of Azure. */

import { TENANT } from '@credex/core/internal';
import type { CommonEntry, ConfigCloud } from './cloud.js';

/** An Entra application or managed identity. The options are those of `azureCredentialsProvider`. */
export interface AzureEntry extends CommonEntry {
  readonly provider: 'azure';
  readonly tenantId: string;
  readonly clientId: string;
  readonly scopes?: string | readonly string[] | undefined;
  /** JSON and variables may name Microsoft's hosts only; code may name any host. */
  readonly authorityHost?: string | undefined;
  readonly additionallyAllowedTenants?: '*' | readonly string[] | undefined;
}

const AUTHORITIES = [
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
];

export const azure: ConfigCloud<AzureEntry> = {
  options: {
    tenantId: {
      kind: 'string',
      required: true,
      grammar: TENANT,
      about: 'The tenant (directory): a GUID, or one of its domain names.',
    },
    clientId: {
      kind: 'string',
      required: true,
      grammar: {
        pattern: /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
        says: 'the application (client) id, a GUID',
      },
      about: 'The application, or the managed identity.',
    },
    scopes: {
      kind: 'strings',
      about: 'Scopes of one resource, each ending in /.default. Default: Azure Resource Manager.',
    },
    authorityHost: {
      kind: 'string',
      oneOf: AUTHORITIES.flatMap((host) => [`https://${host}`, host]),
      about: "Microsoft's authority of the public, US Government or Chinese cloud. Code may name another.",
    },
    additionallyAllowedTenants: {
      kind: 'tenants',
      grammar: TENANT,
      about: 'Other tenants that a call may request a token for.',
    },
  },
  login: {
    name: 'az login',
    exchanger: async (option) => (await import('./azure-login.js')).azureLogin(option),
  },
};
