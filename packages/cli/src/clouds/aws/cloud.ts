/** AWS on the command line. */

import type { AwsCredentials } from '@credex/aws';
import type { AwsEntry } from '@credex/config';
import type { Cloud } from '../cloud.js';
import { doctor } from './doctor.js';
import { environment } from './environment.js';
import { printConfig } from './print-config.js';
import { setup } from './setup.js';

export const aws: Cloud<AwsEntry, AwsCredentials> = {
  factory: async () => (await import('@credex/aws')).awsCredentialsProvider,
  setup,
  doctor,
  environment,
  printConfig,
};
