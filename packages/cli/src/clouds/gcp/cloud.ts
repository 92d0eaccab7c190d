/** Google Cloud on the command line. */

import type { GcpEntry } from '@credex/config';
import type { GcpCredentials } from '@credex/gcp';
import type { Cloud } from '../cloud.js';
import { doctor } from './doctor.js';
import { environment } from './environment.js';
import { printConfig } from './print-config.js';
import { setup } from './setup.js';

export const gcp: Cloud<GcpEntry, GcpCredentials> = {
  factory: async () => (await import('@credex/gcp')).gcpCredentialsProvider,
  setup,
  doctor,
  environment,
  printConfig,
};
