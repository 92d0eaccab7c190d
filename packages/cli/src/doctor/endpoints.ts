/** Where an exchange goes, according to the cloud's own package. No request is sent. */

import type { Entry } from '@credex/config';
import { OptionError, createCredentialCache } from '@credex/core';
import type { Cloud } from '../clouds/cloud.js';
import { entryProvider } from '../entry/entry-provider.js';
import type { Io } from '../io.js';

/** A token without an identity, for exchangers that read the token before they send it. */
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
 * The URLs of an exchange of a blank token, by a fetch that sends nothing.
 * @throws OptionError for options that the cloud's package refuses, `missing_package`
 */
export async function endpointsOf(
  cloud: Cloud,
  name: string,
  { expect: _expect, audience: _audience, when: _when, local: _local, ...entry }: Entry,
  { clock }: Io,
): Promise<readonly URL[]> {
  const { firstResponse } = cloud.doctor;
  const urls: URL[] = [];
  const jwt = blankToken(clock.now());
  const provider = await entryProvider(cloud, name, entry, {
    clock,
    cache: createCredentialCache(),
    tokenSource: () => jwt,
    fetch: async (input) => {
      urls.push(new URL(input));
      const isFirstOfTwo = firstResponse !== undefined && urls.length === 1;
      return isFirstOfTwo ? Response.json(firstResponse) : new Response('', { status: 400 });
    },
  });
  try {
    await provider.getCredentials({});
  } catch (error) {
    if (OptionError.isInstance(error)) throw error;
  }
  return urls;
}
