import type { SubjectTokenSource } from '@credex/core';
import { requiredString, shown } from '@credex/core/driver';
import type { FixedAudienceOptions } from './elsewhere-options.js';
import { tokenRules } from './elsewhere-options.js';
import { elsewhereSource } from './elsewhere-subject.js';
import { readTokenFile } from './token-file.js';

export interface TokenFileSourceOptions extends FixedAudienceOptions {
  /** The file that holds the JWT and nothing else. */
  readonly path: string;
}

/**
 * The token in a file, which may rotate: it is read on each exchange, once for each caller, and a token that was
 * refused as too old is looked for anew. At most 64 KiB are read.
 *
 * @example
 * const tokenSource = tokenFileSource({ path: '/run/secrets/oidc-token', audience: 'sts.amazonaws.com' });
 * @throws OptionError for an option that can't be honoured
 */
export function tokenFileSource(options: TokenFileSourceOptions): SubjectTokenSource {
  const rules = tokenRules('tokenFileSource', options, { path: true });
  const path = requiredString({ option: 'path' }, rules.options.path);
  return elsewhereSource(rules, {
    place: {
      provider: 'token-file',
      named: `the file ${shown(path)}`,
      hints: {
        expired: 'Check that whatever writes the file still runs.',
        unreadable: 'The file must hold one JWT; write it elsewhere and rename it over this file.',
        audience: () => 'The audience is fixed where the token is made: have it made for this one.',
      },
    },
    asksAudience: false,
    open: () => ({
      origin: [path],
      read: ({ signal }) => readTokenFile({ path, provider: 'token-file', named: '`path` names' }, signal),
    }),
  });
}
