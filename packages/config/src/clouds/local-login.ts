/** Exchangers that return the credentials of a developer's own login in place of exchanging a token. */

import type { Credential, Json } from '@credex/core';
import type { ErrorClass, ExchangeContext, Exchanger } from '@credex/core/internal';
import { importFailure } from '../optional-import.js';

/** The assumed lifetime if a login gives no expiry. */
export const DEFAULT_LIFETIME_MS: number = 15 * 60_000;

export interface LoginSource<C extends Credential, R> {
  readonly provider: string;
  /** What signs in, as typed: `az login`. */
  readonly command: string;
  /** Everything of a request that changes the credential. */
  fields?(request: R): Readonly<Record<string, Json>>;
  credential(request: R, context: ExchangeContext): Promise<C>;
}

export function loginExchanger<C extends Credential, R>(source: LoginSource<C, R>): Exchanger<C, R> {
  return {
    specificationVersion: 'v1',
    provider: source.provider,
    cacheKeyFields: (request) => ({ local: 'profile', ...source.fields?.(request) }),
    exchange: async (request, context) => ({
      credential: Object.freeze(await source.credential(request, context)),
    }),
    parseStored: (record) => record as C,
    classify: (error) => loginFailure(error, source.command),
  };
}

/** There is neither a token nor a login. The code stays `no_subject_token`; the hint names both fixes. */
const loginFailure = (error: unknown, command: string): ErrorClass => ({
  code: 'no_subject_token',
  retry: 'never',
  serverMessage: error instanceof Error ? error.message : undefined,
  hint: `There is no Vercel token, and the local login returned no credentials. Run \`vercel env pull\`, or ${command}.`,
});

/**
 * Returns the module, or rejects with `missing_package`.
 * @param option The configuration key that needs the package.
 */
export const officialPackage = <M>(loading: Promise<unknown>, name: string, option: string): Promise<M> =>
  loading.then(
    (module) => module as M,
    (error: unknown) => importFailure(error, name, option),
  );
