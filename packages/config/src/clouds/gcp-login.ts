/** The developer's own Google Cloud credentials, saved by `gcloud auth application-default login`. */

import type { Credential } from '@credex/core';
import type { Exchanger } from '@credex/core/internal';
import { importAtRuntime } from '../optional-import.js';
import { DEFAULT_LIFETIME_MS, loginExchanger, officialPackage } from './local-login.js';

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

export function gcpLogin(option: string): Factory {
  return (configuration) => {
    const scopesOf = ({ scopes = configuration.scopes }: Request): readonly string[] =>
      typeof scopes === 'string' ? scopes.split(/\s+/) : scopes;
    return loginExchanger({
      provider: 'gcp',
      command: '`gcloud auth application-default login`',
      fields: (request) => ({ scopes: scopesOf(request) }),
      async credential(request) {
        const { GoogleAuth } = await officialPackage<typeof import('google-auth-library')>(
          importAtRuntime('google-auth-library'),
          'google-auth-library',
          option,
        );
        // Without a project the library requests one from the metadata server and an API. No token needs it.
        const projectId = configuration.projectId ?? configuration.projectNumber;
        const auth = new GoogleAuth({ scopes: [...scopesOf(request)], projectId });
        const client = await auth.getClient();
        const { token } = await client.getAccessToken();
        if (typeof token !== 'string' || token === '')
          throw new TypeError('The application default credentials returned no access token.');
        const expiresAt = client.credentials.expiry_date ?? configuration.clock.now() + DEFAULT_LIFETIME_MS;
        // A developer's login does not name its principal.
        return { accessToken: token, expiresAt, principal: "this machine's application default credentials" };
      },
    });
  };
}
