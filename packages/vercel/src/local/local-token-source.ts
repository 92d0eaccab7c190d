import type { Subject, SubjectTokenSource } from '@credex/core';
import { optionNames, ownOptions } from '@credex/core/internal';
import type { VercelTokenSourceOptions } from '../platform/source-options.js';
import { SOURCE_OPTION_NAMES, VERCEL, sourceTools } from '../platform/source-options.js';
import { laptop, localTokens } from './local-token.js';
import type { LocalTokenSourceOptions } from './options.js';

/**
 * The development token of a laptop, renewed automatically: VERCEL_OIDC_TOKEN while it is valid, then the token of the
 * last refresh, then a refresh with the login of the Vercel CLI. It writes one private file, and never changes
 * environment variables, .env files or the CLI's login.
 *
 * The user, the project and the environment `development` are the identity key of these tokens.
 *
 * @example
 * const tokenSource = process.env.VERCEL ? undefined : localTokenSource();
 * const credentials = awsCredentialsProvider({ roleArn, tokenSource });
 * @throws OptionError on a deployment, in a runtime without files, and for an invalid option
 */
export function localTokenSource(options: LocalTokenSourceOptions = {}): SubjectTokenSource {
  const node = laptop();
  const own = localOptions(options);
  const { expect, tokenEndpoint, allowLoopbackHttp, fetch, clock } = own;
  const sourceOptions = { expect, tokenEndpoint, allowLoopbackHttp, fetch, clock };
  const { finish, guarded } = sourceTools('localTokenSource', sourceOptions);
  const tokens = localTokens(node, own);
  return {
    about: VERCEL,
    capture(): Subject {
      const found = tokens.capture();
      return {
        ...found,
        identityKey: found.identityKey === undefined ? undefined : guarded(found.identityKey),
        token: async (request) => finish(await found.token(request), request),
      };
    },
  };
}

const OWN: readonly string[] = optionNames<Omit<LocalTokenSourceOptions, keyof VercelTokenSourceOptions>>({
  directory: true,
  projectId: true,
  teamId: true,
  via: true,
  apiEndpoint: true,
  timeoutMs: true,
  homeDirectory: true,
  configDirectory: true,
  onEvent: true,
});

/** @throws OptionError */
function localOptions(given: LocalTokenSourceOptions): LocalTokenSourceOptions {
  return ownOptions('localTokenSource', given, [...OWN, ...SOURCE_OPTION_NAMES]);
}
