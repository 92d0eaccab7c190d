/** The official client of S3, set up to reach the emulator and nothing else. */

import { S3Client } from '@aws-sdk/client-s3';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { Emulator } from '@credex/testing/emulator';
import { AWS } from './trust.js';

export function s3Client(emulator: Emulator, config: S3ClientConfig): S3Client {
  return new S3Client({
    region: AWS.region,
    endpoint: emulator.url('aws-s3'),
    forcePathStyle: true,
    ...config,
  });
}
