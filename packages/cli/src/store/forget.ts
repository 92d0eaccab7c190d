/** Deletes the record of an entry: by a refresh of the deployment's identity whose reads delete, and that sends no request. */

import type { CredentialStore, EncryptedStore, SubjectClaims, SubjectTokenSource } from '@credex/core';
import { UsageError } from '../usage-error.js';
import type { Io } from '../io.js';

export interface Deployment {
  readonly projectId: string;
  readonly environment: string;
}

/** @throws UsageError if the variables that name the deployment are missing */
export function deploymentOf({ env }: Pick<Io, 'env'>): Deployment {
  const projectId = env['VERCEL_PROJECT_ID'];
  const environment = env['VERCEL_TARGET_ENV'] || env['VERCEL_ENV'];
  if (projectId && environment) return { projectId, environment };
  throw new UsageError(
    'missing_argument',
    'VERCEL_PROJECT_ID and VERCEL_TARGET_ENV say whose record is meant. One of them is not set.',
    {
      hint: 'Run the command with the variables of the deployment, such as `vercel env run -e production -- credex store-forget --store ./store.mjs`, or set both.',
    },
  );
}

/** The identity of the deployment without a token: nothing is exchanged. `expected`: claims that the entry expects. */
export function deploymentSource(
  { projectId, environment }: Deployment,
  expected: SubjectClaims,
): SubjectTokenSource {
  const claims = Object.freeze({ ...expected, project_id: projectId, environment });
  return {
    capture: () => ({
      identityKey: JSON.stringify(['vercel', projectId, environment]),
      matchesIdentity: () => true,
      token: async () => ({ jwt: 'none', claims, expiresAt: Number.MAX_SAFE_INTEGER }),
    }),
  };
}

/** The store as it is, except that what is read is deleted and nothing else is changed. */
export function forgettingStore(
  store: EncryptedStore,
  forgotten: { count: number; error?: unknown },
): EncryptedStore {
  const { engine } = store;
  const forgetting: CredentialStore = {
    async get(name, options) {
      try {
        if ((await engine.get(name, options)) !== undefined) {
          await engine.delete(name, undefined, options);
          forgotten.count += 1;
        }
      } catch (error) {
        forgotten.error = error;
      }
      return undefined;
    },
    set: async () => undefined,
    delete: async () => undefined,
  };
  return { ...store, engine: forgetting };
}
