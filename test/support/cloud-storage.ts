/** What makes Google's official Storage client reach the emulator and nothing else. */

import type { Emulator } from '@credex/testing/emulator';
import type { StorageOptions } from '@google-cloud/storage';
import { GCP } from './trust.js';

/** Of `new Storage()`, 7 and 8 alike. */
export function storageOptions(
  emulator: Emulator,
): Pick<StorageOptions, 'projectId' | 'apiEndpoint' | 'useAuthWithCustomEndpoint'> {
  return {
    projectId: GCP.projectId,
    apiEndpoint: emulator.url('gcp-storage'),
    useAuthWithCustomEndpoint: true,
  };
}
