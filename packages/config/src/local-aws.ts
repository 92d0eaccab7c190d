/** The developer's own AWS credentials, from the official provider chain: SSO, `aws login`, profiles, processes. */

import type { Credential, Json } from '@credex/core';
import { FederationError } from '@credex/core';
import type { Exchanger } from '@credex/core/driver';
import { importAtRuntime, importFailure } from './optional-import.js';
import { localFailure } from './local-failure.js';

const LOGIN = '`aws login` or `aws sso login`';

/** The assumed lifetime if the chain gives no expiry. */
const DEFAULT_LIFETIME_MS = 15 * 60_000;

interface Session extends Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly accountId: string;
}

type Driver = Exchanger<Session, unknown>;
type Factory = (() => Driver) & { readonly ownRegion: true };

/** @param option The configuration key that requests the local profile, for errors. */
export function localAwsExchanger(option: string): Factory {
  const factory = (): Driver => ({
    specificationVersion: 'v1',
    provider: 'aws',
    cacheKeyFields: (): Readonly<Record<string, Json>> => ({ local: 'profile' }),
    async exchange() {
      const { fromNodeProviderChain } = await officialPackage(option);
      // Create a chain for each exchange: a chain caches its result, but credex has its own cache.
      const found = await fromNodeProviderChain()();
      if (found.sessionToken === undefined)
        throw refused('a long-term access key', `Use ${LOGIN}, or a profile with short-lived credentials.`);
      if (found.accountId === undefined)
        throw refused('no account id', 'Set `aws_account_id` in the profile, or AWS_ACCOUNT_ID.');
      const { accessKeyId, secretAccessKey, sessionToken, accountId, expiration } = found;
      const expiresAt = expiration?.getTime() ?? Date.now() + DEFAULT_LIFETIME_MS;
      return {
        credential: Object.freeze({ accessKeyId, secretAccessKey, sessionToken, accountId, expiresAt }),
      };
    },
    parseStored: (record) => record as Session,
    classify: (error) => localFailure(error, LOGIN),
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

const officialPackage = (option: string): Promise<typeof import('@aws-sdk/credential-providers')> =>
  importAtRuntime('@aws-sdk/credential-providers').then(
    (module) => module as typeof import('@aws-sdk/credential-providers'),
    (error: unknown) => importFailure(error, '@aws-sdk/credential-providers', option),
  );
