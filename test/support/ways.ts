/** The two ways in which each cloud's exchange is made: by a request of our own, and by the official package. */

import { clientStsExchanger } from '@credex/aws/client-sts';
import { azureIdentityExchanger } from '@credex/azure/identity';
import { googleAuthLibraryExchanger } from '@credex/gcp/google-auth-library';
import type { Emulator } from '@credex/testing/emulator';
import { directAws, directAzure, directGcp } from './direct.js';

export const WAYS = ['direct', 'sdk'] as const;
export type Way = (typeof WAYS)[number];

type Provider = 'aws' | 'gcp' | 'azure';

/** The exchangers, without anything that is only the emulator's. */
export const EXCHANGERS: Readonly<Record<Way, Readonly<Record<Provider, object>>>> = {
  direct: {
    aws: { exchanger: directAws },
    gcp: { exchanger: directGcp },
    azure: { exchanger: directAzure },
  },
  sdk: {
    aws: { exchanger: clientStsExchanger() },
    gcp: { exchanger: googleAuthLibraryExchanger() },
    azure: { exchanger: azureIdentityExchanger() },
  },
};

/** What sends a provider of `fixture.options` that way. */
export function by(way: Way, provider: Provider, emulator: Emulator): object {
  if (provider !== 'azure') return EXCHANGERS[way][provider];
  if (way === 'direct')
    return { ...EXCHANGERS.direct.azure, authorityHost: emulator.url('entra'), allowLoopbackHttp: true };
  // It refuses http, and takes an authority's certificate as an option.
  const clientOptions = { tlsOptions: { ca: emulator.ca } };
  return { exchanger: azureIdentityExchanger({ clientOptions }), authorityHost: emulator.tlsUrl('entra') };
}
