import type { SubjectTokenSource } from '@credex/core';
import { requiredString, shown } from '@credex/core/internal';
import type { FixedAudienceOptions } from './external-source.js';
import { externalSource, tokenRules } from './external-source.js';
import { readTokenFile } from './token-file.js';

export interface TokenFileSourceOptions extends FixedAudienceOptions {
  /** The file, which must contain only the JWT. */
  readonly path: string;
}

/**
 * The token in a file that may be rotated. The file is read on each exchange, once per caller, and again if a token was
 * rejected as expired. At most 64 KiB are read.
 *
 * @example
 * const tokenSource = tokenFileSource({ path: '/run/secrets/oidc-token', audience: 'sts.amazonaws.com' });
 * @throws OptionError for an invalid option
 */
export function tokenFileSource(options: TokenFileSourceOptions): SubjectTokenSource {
  const rules = tokenRules('tokenFileSource', options, { path: true });
  const path = requiredString({ option: 'path' }, rules.options.path);
  return externalSource(rules, {
    place: {
      provider: 'token-file',
      named: `the file ${shown(path)}`,
      hints: {
        expired: 'Check that the program that writes the file is still running.',
        unreadable:
          'The file must contain exactly one JWT. Write the token to another file and rename it over this file.',
        audience: () =>
          'The audience is set where the token is issued. Configure the issuer of the file for this audience.',
      },
    },
    requestsAudience: false,
    open: () => ({
      origin: [path],
      read: ({ signal }) => readTokenFile({ path, provider: 'token-file', named: '`path` names' }, signal),
    }),
  });
}
