import type { Subject, SubjectTokenSource } from '@credex/core';
import { optionNames, optionalBoolean, ownOptions } from '@credex/core/driver';
import type { CaptureTools } from './captured-subject.js';
import { CapturedSubject, tokenVariables } from './captured-subject.js';
import { createLastPlace } from './last-place.js';
import { platformPartition } from './platform-partition.js';
import { contextToken } from './request-context.js';
import type { VercelTokenSourceOptions } from './source-options.js';
import { SOURCE_OPTION_NAMES, sourceTools } from './source-options.js';
import type { Peeked } from './token-memo.js';
import { createTokenMemo } from './token-memo.js';

export interface LocalSwitch {
  /** `false`: no refresh by the login of the Vercel CLI on a laptop. Default: true. */
  readonly local?: boolean | undefined;
}

const SWITCH_NAMES: readonly string[] = optionNames<LocalSwitch>({ local: true });

/**
 * The OIDC token that Vercel gives: the header of the request being served, then the file that
 * VERCEL_OIDC_TOKEN_FILE names (read on each call), then VERCEL_OIDC_TOKEN. An expired token is passed over in
 * favour of a live one; an unreadable one is an error. On a laptop whose directory is linked to a project the last place
 * is a refresh by the login of the Vercel CLI, as `localTokenSource` of `@credex/vercel/local` makes it; never on a
 * deployment, in CI, or under NODE_ENV `test` or `production`.
 *
 * @example
 * const tokenSource = vercelTokenSource({ expect: { projectId: 'prj_123', environment: 'production' } });
 * const credentials = awsCredentialsProvider({ roleArn, tokenSource });
 * @throws OptionError for an option that can't be honoured
 */
export function vercelTokenSource(given: VercelTokenSourceOptions & LocalSwitch = {}): SubjectTokenSource {
  const memo = createTokenMemo();
  const options = ownOptions('vercelTokenSource', given, [...SOURCE_OPTION_NAMES, ...SWITCH_NAMES]);
  const { local, fetch, clock } = options;
  const tools: CaptureTools = {
    ...sourceTools('vercelTokenSource', options, SWITCH_NAMES),
    memo,
    lastPlace: createLastPlace({ local: optionalBoolean({ option: 'local' }, local) ?? true, fetch, clock }),
  };
  const platform = platformPartition(tools.guarded);

  return {
    capture(): Subject {
      const header = contextToken();
      // The usual case, at the least cost: the header's token is of the platform's own identity, whatever its end.
      if (platform !== undefined && header !== undefined && isOwn(memo(header))) {
        return new CapturedSubject(tools, platform, header, undefined);
      }
      let first = usableNow(header);
      // The environment is read where the header does not answer: in a request it nearly always does.
      const variables = first === undefined ? tokenVariables() : undefined;
      if (variables !== undefined && variables.file === undefined) first = usableNow(variables.token);
      // The token that would be used, where it is known without I/O, must be of the platform's own identity, and so must
      // any header, expired or not: one of another project would otherwise find what this project holds.
      const own = header === undefined && (first === undefined || isOwn(first));
      return new CapturedSubject(tools, own ? platform : undefined, header, variables);
    },
  };

  function isOwn({ token }: Peeked): boolean {
    return token !== undefined && platform?.covers(token.claims) === true;
  }

  /** What would be used of a token at hand: nothing of an expired one, its error of an unreadable one. */
  function usableNow(jwt: string | undefined): Peeked | undefined {
    if (jwt === undefined) return undefined;
    const peeked = memo(jwt);
    return peeked.token !== undefined && peeked.token.expiresAt <= tools.now() ? undefined : peeked;
  }
}
