import type { Clock, Fetch, Subject, SubjectToken, SubjectTokenSource } from '@credex/core';
import type { DecodedToken, PlatformDefaults } from '@credex/core/internal';
import {
  environmentVariable,
  isLaptop,
  isLatest,
  optionNames,
  optionalBoolean,
  ownOptions,
  rememberEarlier,
} from '@credex/core/internal';
import type { CaptureTools, CliFallback, PlatformIdentity } from './captured-subject.js';
import { CapturedSubject, createTokenMemo, tokenVariables } from './captured-subject.js';
import { contextToken, vercelInvocation } from './request-context.js';
import type { VercelTokenSourceOptions } from './source-options.js';
import { SOURCE_OPTION_NAMES, VERCEL, sourceTools } from './source-options.js';

export interface LocalSwitch {
  /** `false`: on a laptop, no token is refreshed with the login of the Vercel CLI. Default: true. */
  readonly local?: boolean | undefined;
}

type ReadableToken = Extract<DecodedToken, { readonly token: SubjectToken }>;

const SWITCH_NAMES: readonly string[] = optionNames<LocalSwitch>({ local: true });

/**
 * The OIDC token that Vercel issues. It is read from the header of the current request, then from the file that
 * VERCEL_OIDC_TOKEN_FILE names (read on each call), then from VERCEL_OIDC_TOKEN. An expired token is skipped if another
 * one is valid; an unreadable token is an error. Where these have no valid token, one that a request of this deployment has
 * brought to this process is used, so that a timer or a queue does not depend on the request that started it: first one
 * for which a cloud has issued a credential, then the most recent one, last one that a cloud has refused. On a laptop with a linked directory, the CLI fallback then refreshes a
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
    about: VERCEL,
    capture(): Subject {
      const header = contextToken();
      // The cheapest: the header of the last request, which had the platform's identity.
      if (platform !== undefined && header !== undefined && isLatest(platform.identity, header))
        return new CapturedSubject(tools, platform, header, undefined);
      // The usual case: the header's token has the platform's identity, expired or not.
      const decoded = platform && header !== undefined ? memo(header) : undefined;
      if (platform !== undefined && header !== undefined && decoded !== undefined && isOwn(decoded)) {
        rememberEarlier(platform.identity, decoded.token, tools.now());
        return new CapturedSubject(tools, platform, header, undefined);
      }
      let first = usableNow(header);
      // The environment is read only without a usable header; a request nearly always has one.
      const variables = first === undefined ? tokenVariables() : undefined;
      if (variables !== undefined && variables.file === undefined) first = usableNow(variables.token);
      // The platform's identity key is used only if the next token, as far as it is known without I/O, has that identity.
      // A header that has it has already returned above: a token of another project must not find this project's credentials.
      const own = header === undefined && (first === undefined || isOwn(first));
      return new CapturedSubject(tools, own ? platform : undefined, header, variables);
    },
  };

  function isOwn(decoded: DecodedToken): decoded is ReadableToken {
    const { token } = decoded;
    return token !== undefined && platform?.matchesIdentity(token.claims) === true;
  }

  /** `undefined` for a missing or expired token; otherwise the token, or the error of an unreadable one. */
  function usableNow(jwt: string | undefined): DecodedToken | undefined {
    if (jwt === undefined) return undefined;
    const decoded = memo(jwt);
    return decoded.token !== undefined && decoded.token.expiresAt <= tools.now() ? undefined : decoded;
  }
}

/** What a cloud's factory uses if the user passes neither a token source nor an invocation. */
export const vercelPlatform: PlatformDefaults = {
  source: () => vercelTokenSource(),
  invocation: vercelInvocation,
  sharedIssuers: VERCEL.sharedIssuers,
};

/**
 * From the variables that Vercel sets; `undefined` if one is missing, because a partial key would mix identities.
 * `guarded` adds the source's `expect`.
 */
function platformIdentity(guarded: (name: string) => string): PlatformIdentity | undefined {
  const projectId = environmentVariable('VERCEL_PROJECT_ID');
  // Only VERCEL_TARGET_ENV names a custom environment; VERCEL_ENV is `preview` there.
  const environment = environmentVariable('VERCEL_TARGET_ENV') ?? environmentVariable('VERCEL_ENV');
  if (projectId === undefined || environment === undefined) return undefined;
  const identity = JSON.stringify(['vercel', projectId, environment]);
  return {
    identity,
    name: guarded(identity),
    matchesIdentity: (claims) => claims.project_id === projectId && claims.environment === environment,
  };
}

interface CliFallbackOptions {
  readonly local: boolean;
  readonly fetch: Fetch | undefined;
  readonly clock: Clock | undefined;
}

/** Refreshes a token with the login of the Vercel CLI, only on a laptop. */
function createCliFallback({ local, fetch, clock }: CliFallbackOptions): CliFallback {
  return async (rejectedToken, request) => {
    if (!local || !isLaptop()) return undefined;
    // Loaded only here, so that a deployment never loads it.
    const { automaticToken } = await import('../local/local-token.js');
    return automaticToken({ fetch, clock }, rejectedToken, request);
  };
}
