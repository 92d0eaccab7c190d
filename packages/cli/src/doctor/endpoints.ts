/** Where an exchange would go, told by the cloud's own package: nothing is sent. */

import type { Config } from '@credex/config';
import { createCredentialCache } from '@credex/core';
import type { EntrySettings } from '../entry/entry-provider.js';
import { entryProvider } from '../entry/entry-provider.js';
import type { Io } from '../io.js';

/** Enough of Google's first answer for the second step to be asked for. */
const ANSWER = {
  access_token: 'doctor',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 3600,
};

/** A token that says nothing, for exchangers that read one before they ask. */
function blankToken(now: number): string {
  const claims = {
    iss: 'https://oidc.vercel.com/doctor',
    aud: 'doctor',
    sub: 'doctor',
    exp: Math.floor(now / 1000) + 3600,
  };
  const parts = [{ alg: 'none' }, claims, ''].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return parts.join('.');
}

/**
 * The requests of an exchange of a blank token, by a fetch that goes nowhere.
 * @throws OptionError for options that the cloud's package refuses, `missing_package`
 */
export async function endpointsOf(config: Config, name: string, { clock }: Io): Promise<readonly URL[]> {
  const { resolveEntry } = await import('@credex/config');
  const { OptionError } = await import('@credex/core');
  const {
    expect: _expect,
    audience: _audience,
    when: _when,
    local: _local,
    ...entry
  } = resolveEntry(config, name).entry;
  const urls: URL[] = [];
  const jwt = blankToken(clock.now());
  const settings: EntrySettings = {
    clock,
    cache: createCredentialCache(),
    tokenSource: () => jwt,
    fetch: async (input) => {
      urls.push(new URL(input));
      const isFirstOfTwo = entry.provider === 'gcp' && urls.length === 1;
      return isFirstOfTwo ? Response.json(ANSWER) : new Response('', { status: 400 });
    },
  };
  try {
    await (await entryProvider(name, entry, settings)).getCredentials();
  } catch (error) {
    if (OptionError.isInstance(error)) throw error;
  }
  return urls;
}
