/** Credentials as the environment variables that each cloud's tools know, and what would come before them. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileEnvironment } from '../azure-token-file/file-environment.js';
import { entryOf } from '../entry/open-entry.js';
import type { OpenEntry } from '../entry/open-entry.js';
import { writePrivately } from '../entry/private-file.js';
import type { Io } from '../io.js';
import { CONFLICTS } from './conflicts.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Prepared {
  /** The caller's, with the credentials and without what conflicts. */
  readonly env: Environment;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** What is over then. */
  readonly what: string;
  /** To be called when the program has ended. */
  remove(): Promise<void>;
}

/** @throws FederationError */
export async function environmentFor(opened: OpenEntry, io: Io): Promise<Prepared> {
  const given = await credentialsOf(opened, io);
  const kept = Object.fromEntries(
    Object.entries(io.env).filter(([name]) => !CONFLICTS[opened.entry.provider].includes(name)),
  );
  return { remove: async () => {}, ...given, env: { ...kept, ...given.env } };
}

type Given = Omit<Prepared, 'remove'> & Partial<Pick<Prepared, 'remove'>>;

async function credentialsOf(opened: OpenEntry, { signal, env }: Io): Promise<Given> {
  const { name } = opened;
  if (opened.entry.provider === 'azure') return azureFile(opened, env);
  const what = `the credentials of ${name}`;
  const issued = await opened.getCredentials({ signal });
  const { expiresAt } = issued;
  if ('accessKeyId' in issued) {
    const { region } = entryOf('aws', opened, '');
    return {
      what,
      expiresAt,
      env: {
        AWS_ACCESS_KEY_ID: issued.accessKeyId,
        AWS_SECRET_ACCESS_KEY: issued.secretAccessKey,
        AWS_SESSION_TOKEN: issued.sessionToken,
        AWS_CREDENTIAL_EXPIRATION: new Date(expiresAt).toISOString(),
        AWS_ACCOUNT_ID: issued.accountId,
        ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
      },
    };
  }
  if (!('accessToken' in issued)) throw new TypeError('A Google Cloud entry gave no access token.');
  const { projectId, quotaProjectId } = entryOf('gcp', opened, '');
  return {
    what,
    expiresAt,
    env: {
      GOOGLE_OAUTH_ACCESS_TOKEN: issued.accessToken,
      CLOUDSDK_AUTH_ACCESS_TOKEN: issued.accessToken,
      ...(projectId === undefined
        ? {}
        : { GOOGLE_CLOUD_PROJECT: projectId, CLOUDSDK_CORE_PROJECT: projectId }),
      ...(quotaProjectId === undefined ? {} : { CLOUDSDK_BILLING_QUOTA_PROJECT: quotaProjectId }),
    },
  };
}

/** Azure's tools take the Vercel token and make the exchange themselves: it stands in a folder of the user's own. */
async function azureFile(opened: OpenEntry, env: Io['env']): Promise<Given> {
  const entry = entryOf('azure', opened, '');
  const { jwt, expiresAt } = await opened.subject();
  const folder = await mkdtemp(join(env['XDG_RUNTIME_DIR'] || tmpdir(), 'credex-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'token');
  try {
    await writePrivately(path, jwt);
  } catch (error) {
    await remove();
    throw error;
  }
  return { what: `what ${opened.name} shows to Azure`, expiresAt, env: fileEnvironment(entry, path), remove };
}
