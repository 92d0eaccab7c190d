/** `credex init gcp`: the pool's provider, and the service account if there is one. */

import type { CloudInit } from '../cloud.js';
import type { GcpOptions } from './trust.js';
import { gcpTarget, providersOf } from './trust.js';

export const init: CloudInit<GcpOptions> = {
  options: [],
  packages: ['@credex/gcp'],
  entry(request, options, checks) {
    const { project, projectNumber, poolId, serviceAccount } = gcpTarget(options, checks);
    const [provider] = providersOf(request, options, checks);
    return {
      projectNumber,
      workloadIdentityPoolId: poolId,
      workloadIdentityPoolProviderId: provider?.id ?? 'vercel',
      ...(serviceAccount === undefined ? {} : { serviceAccountEmail: serviceAccount }),
      projectId: project,
    };
  },
};
