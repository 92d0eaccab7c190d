import type { Subject, SubjectTokenSource } from '@credex/core';
import { optionNames, optionalBoolean, ownOptions } from '@credex/core/driver';
import type { CaptureTools } from './captured-subject.js';
import { CapturedSubject, tokenVariables } from './captured-subject.js';
import { createCliFallback } from './cli-fallback.js';
import { platformIdentity } from './platform-identity.js';
import { contextToken } from './request-context.js';
import type { VercelTokenSourceOptions } from './source-options.js';
import { SOURCE_OPTION_NAMES, sourceTools } from './source-options.js';
import type { Peeked } from './token-memo.js';
import { createTokenMemo } from './token-memo.js';

export interface LocalSwitch {
  /** `false`: on a laptop, no token is refreshed with the login of the Vercel CLI. Default: true. */
  readonly local?: boolean | undefined;
}

const SWITCH_NAMES: readonly string[] = optionNames<LocalSwitch>({ local: true });

/**
 * The OIDC token that Vercel issues. It is read from the header of the current request, then from the file that
 * VERCEL_OIDC_TOKEN_FILE names (read on each call), then from VERCEL_OIDC_TOKEN. An expired token is skipped if another
 * one is valid; an unreadable token is an error. On a laptop with a linked directory, the CLI fallback then refreshes a
 * token with the login of the Vercel CLI, like `localTokenSource` of `@credex/vercel/local`. It is never used on a
 * deployment, in CI, or with NODE_ENV `test` or `production`.
 *
 * @example
 * const tokenSource = vercelTokenSource({ expect: { projectId: 'prj_123', environment: 'production' } });
 * const credentials = awsCredentialsProvider({ roleArn, tokenSource });
 * @throws OptionError for an invalid option
 */
export function vercelTokenSource(given: VercelTokenSourceOptions & LocalSwitch = {}): SubjectTokenSource {
  const memo = createTokenMemo();
  const options = ownOptions('vercelTokenSource', given, [...SOURCE_OPTION_NAMES, ...SWITCH_NAMES]);
  const { local, fetch, clock } = options;
  const tools: CaptureTools = {
    ...sourceTools('vercelTokenSource', options, SWITCH_NAMES),
    memo,
    cliFallback: createCliFallback({
      local: optionalBoolean({ option: 'local' }, local) ?? true,
      fetch,
      clock,
    }),
  };
  const platform = platformIdentity(tools.guarded);

  return {
    capture(): Subject {
      const header = contextToken();
      // The usual case, and the cheapest: the header's token has the platform's identity, expired or not.
      if (platform !== undefined && header !== undefined && isOwn(memo(header))) {
        return new CapturedSubject(tools, platform, header, undefined);
      }
      let first = usableNow(header);
      // The environment is read only without a usable header; a request nearly always has one.
      const variables = first === undefined ? tokenVariables() : undefined;
      if (variables !== undefined && variables.file === undefined) first = usableNow(variables.token);
      // The platform's identity key is used only if the next token, as far as it is known without I/O, has that identity.
      // A header never has it here, expired or not: a token of another project must not find this project's credentials.
      const own = header === undefined && (first === undefined || isOwn(first));
      return new CapturedSubject(tools, own ? platform : undefined, header, variables);
    },
  };

  function isOwn({ token }: Peeked): boolean {
    return token !== undefined && platform?.matchesIdentity(token.claims) === true;
  }

  /** `undefined` for a missing or expired token; otherwise the token, or the error of an unreadable one. */
  function usableNow(jwt: string | undefined): Peeked | undefined {
    if (jwt === undefined) return undefined;
    const peeked = memo(jwt);
    return peeked.token !== undefined && peeked.token.expiresAt <= tools.now() ? undefined : peeked;
  }
}
