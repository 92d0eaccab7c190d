/** mssql and tedious, for Azure SQL: login with a token of Entra. */

import { OptionError } from '@credex/core';
import { environmentVariable, invalidOption, ownMembers } from '@credex/core/internal';
import { callerError } from '@credex/core/failure';

/** The scope of Azure SQL in the public cloud. */
const SCOPE = 'https://database.windows.net/.default';

/** A credential as `azureSqlCredential` or `azureCredentialsProvider` of `@credex/azure` returns. */
export interface MssqlCredential {
  getToken(
    scopes: string | string[],
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

/** The options of tedious and mssql, with what this package needs of them. */
export interface MssqlOptions {
  readonly credential: MssqlCredential;
  /** Default: `https://database.windows.net/.default`; sovereign clouds have another one. */
  readonly scope?: string | undefined;
  readonly options?: object | undefined;
}

/** What `new ConnectionPool()` of mssql and `new Connection()` of tedious take. */
export type MssqlClientOptions<O extends MssqlOptions> = Omit<O, 'credential' | 'scope' | 'options'> & {
  readonly authentication: {
    readonly type: 'token-credential';
    readonly options: { readonly credential: MssqlCredential };
  };
  readonly options: Omit<NonNullable<O['options']>, 'encrypt' | 'trustServerCertificate'> & {
    readonly encrypt: 'strict';
    readonly trustServerCertificate: false;
  };
};

/**
 * Options for `new ConnectionPool()` of mssql 12 and `new Connection()` of tedious 19 and 20. All other options pass
 * unchanged.
 *
 * tedious asks the credential for the scope that the server names, so a server could choose which token it receives. Here the
 * scope is fixed. If the credential fails, tedious rejects with an AggregateError, and the failure is in its `errors`; with mssql
 * that is the `originalError` of the error.
 *
 * @throws OptionError if `credential` has no `getToken`, or `options` or NODE_TLS_REJECT_UNAUTHORIZED turns encryption or the
 *   check of the certificate off; the variable is read again before each token is given
 *
 * @example
 * const pool = new ConnectionPool(
 *   mssqlOptions({ server: 'shop.database.windows.net', database: 'shop', credential: azureSqlCredential({ tenantId, clientId }) }),
 * );
 */
export function mssqlOptions<O extends MssqlOptions>(options: O): MssqlClientOptions<O> {
  const {
    credential,
    scope,
    options: given,
    ...own
  } = ownMembers('mssqlOptions', options, ['credential', 'scope', 'options']);
  if (typeof (Object(credential) as Partial<MssqlCredential>).getToken !== 'function')
    throw invalidOption(
      { option: 'credential' },
      'a credential with the method getToken, such as azureSqlCredential({ … }) returns',
      credential,
    );
  const settings = ownMembers('mssqlOptions (options)', (given ?? {}) as Record<string, unknown>, []);
  const refuse = (name: string, why: string): never => {
    throw new OptionError(
      'invalid_option',
      `options.${name}`,
      undefined,
      `\`options.${name}\` ${why}: the token would reach any server on the way. Remove it: Azure SQL has a certificate of a public authority.`,
    );
  };
  if (settings['encrypt'] === false) refuse('encrypt', 'turns TLS off');
  if (settings['trustServerCertificate'] === true)
    refuse('trustServerCertificate', 'turns the check of the certificate off');
  refuseUnverified();
  const pinned: MssqlCredential = {
    async getToken() {
      try {
        // tedious asks after the TLS handshake and before the login.
        refuseUnverified();
        return await credential.getToken(scope ?? SCOPE);
      } catch (error) {
        throw callerError(error);
      }
    },
  };
  return {
    ...own,
    authentication: { type: 'token-credential', options: { credential: pinned } },
    options: {
      ...settings,
      // With `true`, tedious sends the token in clear to a server that offers no TLS. `strict` (TDS 8) begins with TLS.
      encrypt: 'strict',
      trustServerCertificate: false,
    },
  } as unknown as MssqlClientOptions<O>;
}

/** tedious takes its default from the environment, which Node reads at each connection, and has no option against it. */
function refuseUnverified(): void {
  if (environmentVariable('NODE_TLS_REJECT_UNAUTHORIZED') === '0')
    throw new OptionError(
      'invalid_option',
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'NODE_TLS_REJECT_UNAUTHORIZED=0 turns the check of certificates off: the token would reach any server on the way. Unset it.',
    );
}
