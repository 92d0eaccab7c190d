/** The clouds of the command line, one line each. A cloud is loaded when a command needs it. */

import type { ProviderName } from '@credex/config';
import type { Cloud } from './cloud.js';

export const CLOUDS: Readonly<Record<ProviderName, () => Promise<Cloud>>> = {
  aws: async () => (await import('./aws/cloud.js')).aws,
  azure: async () => (await import('./azure/cloud.js')).azure,
  gcp: async () => (await import('./gcp/cloud.js')).gcp,
};
