/** The developer's own AWS credentials, from the official provider chain: SSO, `aws login`, profiles, processes. */

import type { Credential } from '@credex/core';
import { FederationError } from '@credex/core';
import type { Exchanger } from '@credex/core/internal';
import { importAtRuntime } from '../optional-import.js';
import { DEFAULT_LIFETIME_MS, loginExchanger, officialPackage } from './local-login.js';

const LOGIN = '`aws login` or `aws sso login`';

interface Session extends Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly accountId: string;
}

type Factory = (() => Exchanger<Session, unknown>) & { readonly ownRegion: true };

export function awsLogin(option: string): Factory {
  const factory = () =>
    loginExchanger<Session, unknown>({
      provider: 'aws',
      command: LOGIN,
      async credential() {
        const { fromNodeProviderChain } = await officialPackage<
          typeof import('@aws-sdk/credential-providers')
        >(importAtRuntime('@aws-sdk/credential-providers'), '@aws-sdk/credential-providers', option);
        // Create a chain for each exchange: a chain caches its result, but credex has its own cache.
        const found = await fromNodeProviderChain()();
        if (found.sessionToken === undefined)
          throw refused('a long-term access key', `Use ${LOGIN}, or a profile with short-lived credentials.`);
        if (found.accountId === undefined)
          throw refused('no account id', 'Set `aws_account_id` in the profile, or AWS_ACCOUNT_ID.');
        const { accessKeyId, secretAccessKey, sessionToken, accountId, expiration } = found;
        const expiresAt = expiration?.getTime() ?? Date.now() + DEFAULT_LIFETIME_MS;
        return { accessKeyId, secretAccessKey, sessionToken, accountId, expiresAt };
      },
    });
  // The chain finds its own region, so the provider does not need one.
  return Object.assign(factory, { ownRegion: true as const });
}

function refused(what: string, hint: string): FederationError {
  return new FederationError({
    code: 'no_subject_token',
    provider: 'aws',
    message: `There is no Vercel token, and this machine's AWS profile has ${what}.`,
    hint,
  });
}
