/** The developer's own Google Cloud credentials, saved by `gcloud auth application-default login`. */

import type { Credential, Json } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';
import { importAtRuntime, importFailure } from './optional-import.js';
import { localFailure } from './local-failure.js';

const LOGIN = '`gcloud auth application-default login`';

/** The assumed lifetime if the library gives no expiry. */
const DEFAULT_LIFETIME_MS = 15 * 60_000;

interface Token extends Credential {
  readonly accessToken: string;
  readonly principal: string;
}

interface Configuration {
  readonly scopes: readonly string[];
  readonly projectId?: string | undefined;
  readonly projectNumber: string;
  readonly clock: { now(): number };
}

interface Request {
  readonly scopes?: string | readonly string[] | undefined;
}

type Factory = (configuration: Configuration) => Exchanger<Token, Request>;

/** @param option The configuration key that requests the local profile, for errors. */
export function localGcpExchanger(option: string): Factory {
  return (configuration) => ({
    specificationVersion: 'v1',
    provider: 'gcp',
    cacheKeyFields: (request): Readonly<Record<string, Json>> => ({
      local: 'profile',
      scopes: scopesOf(request.scopes) ?? configuration.scopes,
    }),
    async exchange(request) {
      const { GoogleAuth } = await officialPackage(option);
      const scopes = [...(scopesOf(request.scopes) ?? configuration.scopes)];
      // Without a project the library requests one from the metadata server and an API. No token needs it.
      const projectId = configuration.projectId ?? configuration.projectNumber;
      const auth = new GoogleAuth({ scopes, projectId });
      const client = await auth.getClient();
      const { token } = await client.getAccessToken();
      if (typeof token !== 'string' || token === '')
        throw new TypeError('The application default credentials returned no access token.');
      const { expiry_date: end } = client.credentials;
      const expiresAt = end ?? configuration.clock.now() + DEFAULT_LIFETIME_MS;
      // A developer's login does not name its principal.
      const principal = "this machine's application default credentials";
      return { credential: Object.freeze({ accessToken: token, expiresAt, principal }) };
    },
    parseStored: (record) => record as Token,
    classify: (error) => localFailure(error, LOGIN),
  });
}

function scopesOf(scopes: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof scopes === 'string' ? scopes.split(/\s+/) : scopes;
}

const officialPackage = (option: string): Promise<typeof import('google-auth-library')> =>
  importAtRuntime('google-auth-library').then(
    (module) => module as typeof import('google-auth-library'),
    (error: unknown) => importFailure(error, 'google-auth-library', option),
  );
