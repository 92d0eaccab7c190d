/** A password is sent to the server as it is: only over TLS, and only to a server whose certificate was verified. */

import { OptionError } from '@credex/core';
import { invalidOption, ownCopy } from '@credex/core/internal';

/** Where Amazon publishes the certificate authorities of RDS and Aurora. */
const RDS_AUTHORITIES = 'https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem';

const WHICH_AUTHORITY =
  `Amazon RDS and Aurora have their own certificate authorities: download ${RDS_AUTHORITIES} and pass its text as ` +
  '`ca`. The authority of a Cloud SQL instance is in its details (server CA). Aurora DSQL, RDS Proxy, ElastiCache, ' +
  'MemoryDB, MSK and Azure use public authorities, which need no `ca`.';

/** TLS options of a client, which verify the certificate whatever the environment says. */
export type VerifiedTls<T> = (T extends object ? T : unknown) & { readonly rejectUnauthorized: true };

/**
 * TLS options from the ones of the user. `rejectUnauthorized: true` is set, since NODE_TLS_REJECT_UNAUTHORIZED=0 changes
 * its default.
 * @param example How the option is written.
 * @throws OptionError if TLS is off, or if the certificate would not be verified
 */
export function verifiedTls<T>(
  option: string,
  value: T,
  example = `\`${option}: { ca }\`, or \`${option}: {}\` for a public authority`,
): VerifiedTls<T> {
  const refuse = (code: 'missing_option' | 'invalid_option', name: string, why: string): never => {
    throw new OptionError(code, name, undefined, `\`${name}\` ${why} ${WHICH_AUTHORITY}`);
  };
  if (value === undefined || value === null)
    refuse(
      'missing_option',
      option,
      `is missing: the password is sent as it is, so TLS is required. Pass ${example}.`,
    );
  if (value === false || value === 'disable')
    refuse(
      'invalid_option',
      option,
      `turns TLS off, and the password would be sent in clear. Pass ${example}.`,
    );
  if (value === true) return { rejectUnauthorized: true } as VerifiedTls<T>;
  if (typeof value !== 'object')
    throw invalidOption({ option }, 'an object of TLS options, such as { ca }', value);
  const tls = ownCopy(value as object) as { readonly rejectUnauthorized?: unknown };
  if (tls.rejectUnauthorized !== undefined && tls.rejectUnauthorized !== true)
    refuse(
      'invalid_option',
      `${option}.rejectUnauthorized`,
      'must be true: otherwise any server on the way receives the password. Remove it and pass `ca`.',
    );
  return { ...tls, rejectUnauthorized: true } as VerifiedTls<T>;
}

/**
 * Checks the connection that is about to receive the password. Other options, a URL or the environment may have changed what
 * the client does about TLS.
 * @throws OptionError if the connection is not encrypted, or the certificate was not verified
 */
export function assertVerified(option: string, stream: unknown): void {
  const { encrypted, authorized } = Object(stream) as {
    readonly encrypted?: unknown;
    readonly authorized?: unknown;
  };
  if (encrypted === true && authorized === true) return;
  const why =
    encrypted === true ? "the server's certificate was not verified" : 'the connection is not encrypted';
  throw new OptionError(
    'invalid_option',
    option,
    undefined,
    `The password was not sent, since ${why}: something other than \`${option}\` changed the TLS settings. ${WHICH_AUTHORITY}`,
  );
}
