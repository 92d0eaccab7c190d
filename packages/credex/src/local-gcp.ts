/** The developer's own Google Cloud credentials: application default, as `gcloud auth application-default login` left it. */

import type { Json } from '@credex/core';
import { optionalPackage } from '@credex/core/driver';
import { localFailure } from './local-failure.js';

const LOGIN = '`gcloud auth application-default login`';

/** Where the library names no end, it is asked again after this. */
const ASKED_AGAIN_MS = 15 * 60_000;

type Factory = import('@credex/gcp').GcpExchangerFactory;
type Token = ReturnType<ReturnType<Factory>['revive']>;

export function localGcpExchanger(): Factory {
  const library = optionalPackage('google-auth-library', () => import('google-auth-library'));
  return (configuration) => ({
    specificationVersion: 'v1',
    provider: 'gcp',
    target: (request): Readonly<Record<string, Json>> => ({
      local: 'profile',
      scopes: scopesOf(request.scopes) ?? configuration.scopes,
    }),
    async exchange(request) {
      const { GoogleAuth } = await library.load();
      const scopes = [...(scopesOf(request.scopes) ?? configuration.scopes)];
      // Without a project the library asks the metadata server and an API for one, which no token needs.
      const projectId = configuration.projectId ?? configuration.projectNumber;
      const auth = new GoogleAuth({ scopes, projectId });
      const client = await auth.getClient();
      const { token } = await client.getAccessToken();
      if (typeof token !== 'string' || token === '')
        throw new TypeError('The application default credentials gave no access token.');
      const { expiry_date: end } = client.credentials;
      const expiresAt = end ?? configuration.clock.now() + ASKED_AGAIN_MS;
      // Nothing in a person's login says who it is.
      const principal = "this machine's application default credentials";
      return { credential: Object.freeze({ accessToken: token, expiresAt, principal }) };
    },
    revive: (record) => record as Token,
    classify: (error) => localFailure(error, LOGIN),
  });
}

function scopesOf(scopes: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof scopes === 'string' ? scopes.split(/\s+/) : scopes;
}
