/** One line for each request that the emulator answered. */

import type { LogEntry, ServiceName } from '@credex/testing/emulator';
import type { Piece } from '../text.js';
import { bad, dim, good } from '../text.js';

const TITLES: Readonly<Record<ServiceName, string>> = {
  issuer: 'Vercel',
  'vercel-api': 'Vercel',
  'aws-sts': 'AWS STS',
  'aws-s3': 'S3',
  'gcp-sts': 'Google STS',
  'gcp-iam-credentials': 'IAM Credentials',
  'gcp-storage': 'Storage',
  entra: 'Entra',
  'azure-blob': 'Blob Storage',
};

/** The notes that name who asks, the most telling first. */
const WHO = ['subject', 'sub', 'principal', 'caller', 'client'];

/** `✓ AWS STS  AssumeRoleWithWebIdentity  owner:…`; undefined for requests that only look something up. */
export function exchangeLine({
  service,
  method,
  path,
  status = 0,
  notes,
  at,
}: LogEntry): readonly Piece[] | undefined {
  const isLookup = path.includes('/.well-known/') || path.includes('/discovery/');
  if (isLookup && status < 400) return undefined;
  const { action, verdict, reason, why } = notes;
  const isGood = status > 0 && status < 400;
  const who = WHO.map((name) => notes[name])
    .find((value) => value !== undefined)
    ?.replace(/^principal:.*\/subject\//, '');
  const what = [TITLES[service], action ?? `${method} ${path}`, ...(who === undefined ? [] : [who])].join(
    '  ',
  );
  const refusal = [verdict === 'allowed' ? undefined : verdict, reason, why].filter(Boolean).join(': ');
  return [
    dim(`${new Date(at).toISOString().slice(11, 19)} `),
    isGood ? good('✓ ') : bad('✗ '),
    what,
    ...(isGood ? [] : [bad(`  ${String(status)} ${refusal}`.trimEnd())]),
  ];
}
