/** The two ways in which each cloud's exchange is made: by a request of our own, and by the official package. */

import { clientStsExchanger } from '@credex/aws/client-sts';
import { azureIdentityExchanger } from '@credex/azure/identity';
import { googleAuthLibraryExchanger } from '@credex/gcp/google-auth-library';
import type { Emulator } from '@credex/testing/emulator';
import { directAws, directAzure, directGcp } from './direct.js';

export const WAYS = ['direct', 'sdk'] as const;
export type Way = (typeof WAYS)[number];

/** What sends a provider of `world.options` that way. */
export function by(way: Way, provider: 'aws' | 'gcp' | 'azure', emulator: Emulator): object {
  if (provider === 'aws') return { exchanger: way === 'direct' ? directAws : clientStsExchanger() };
  if (provider === 'gcp') return { exchanger: way === 'direct' ? directGcp : googleAuthLibraryExchanger() };
  if (way === 'direct')
    return { exchanger: directAzure, authorityHost: emulator.url('entra'), allowLoopbackHttp: true };
  // It refuses http, and takes an authority's certificate as an option.
  const clientOptions = { tlsOptions: { ca: emulator.ca } };
  return { exchanger: azureIdentityExchanger({ clientOptions }), authorityHost: emulator.tlsUrl('entra') };
}
