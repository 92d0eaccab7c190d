/** `vercelTokenProvider`: the token itself, for libraries that exchange it by themselves. */

import { OptionError } from '@credex/core';
import type { Subject, SubjectToken } from '@credex/core';
import { invalidOption, optionNames, optionalString, ownOptions } from '@credex/core/internal';
import { isSameIdentity } from '../sources/external-source.js';
import type { VercelTokenSourceOptions } from './source-options.js';
import { SOURCE_OPTION_NAMES, sourceTools } from './source-options.js';
import type { LocalSwitch } from './vercel-token-source.js';
import { vercelTokenSource } from './vercel-token-source.js';

export interface VercelTokenProviderOptions extends VercelTokenSourceOptions, LocalSwitch {
  /**
   * The audience of the token, such as `https://api.openai.com/v1`: Vercel's token is exchanged for one of this audience,
   * which always has the team issuer. Default: the token unchanged, which every party that trusts the deployment accepts.
   */
  readonly audience?: string | undefined;
  /**
   * The claim `jti`, for a party that accepts each token once (RFC 7519, section 4.1.7): a function that returns another
   * value for each token, or one value. With it each call exchanges a token, and none is cached. Needs `audience`.
   */
  readonly jti?: string | (() => string) | undefined;
}

const OWN_NAMES: readonly string[] = optionNames<
  Pick<VercelTokenProviderOptions, 'local' | 'audience' | 'jti'>
>({ local: true, audience: true, jti: true });

const MINUTE_MS = 60_000;
/** A newer token is looked for at most this often. */
const RETRY_MS = 5_000;
/** Of a token without `iat`. */
const USUAL_LIFETIME_MS = 120 * MINUTE_MS;

/**
 * A function that returns the deployment's OIDC token, for clients that exchange it by themselves: Anthropic, OpenAI,
 * MongoDB, Snowflake, Databricks. It has no parameter: what a library passes to it is ignored, so that no argument is taken
 * for an option.
 *
 * Each call reads the token of the request in which it is made, as `vercelTokenSource` does. The token of an `audience` is exchanged once
 * for each token, however many calls need it at once, and cached under the digest of that token, never in a shared store.
 * Within the last quarter of a token's lifetime, 15 minutes at most, a newer token of the same identity is looked for in
 * the background, and later calls receive it.
 *
 * @example
 * const getToken = vercelTokenProvider({ audience: 'https://api.openai.com/v1' });
 * const client = new OpenAI({ workloadIdentity: { provider: { tokenType: 'jwt', getToken }, …ids } });
 * @throws OptionError for an invalid option. The function rejects with FederationError `no_subject_token`,
 *   `subject_token_expired`, `subject_mismatch`, `token_rejected`, or a transient one of the exchange
 */
export function vercelTokenProvider(given: VercelTokenProviderOptions = {}): () => Promise<string> {
  const tools = sourceTools('vercelTokenProvider', given, OWN_NAMES);
  const options = ownOptions('vercelTokenProvider', given, [...SOURCE_OPTION_NAMES, ...OWN_NAMES]);
  const { local, fetch, clock, jti } = options;
  const audience = optionalString({ option: 'audience' }, options.audience);
  refuseDefaultAudience(audience);
  if (jti !== undefined && typeof jti !== 'function') optionalString({ option: 'jti' }, jti);
  if (jti !== undefined && audience === undefined) throw jtiWithoutAudience();
  const source = vercelTokenSource({ local, fetch, clock });
  const { signal } = new AbortController();
  let newer: SubjectToken | undefined;
  let lookedAt = -Infinity;

  return async () => {
    // Captured before any `await`, so that the token is that of the caller's request.
    const subject = source.capture();
    const token = await currentToken(subject);
    const request = { audience, fresh: false, signal, jti: jtiOf(jti) };
    return (await tools.finish(token, request)).jwt;
  };

  async function currentToken(subject: Subject): Promise<SubjectToken> {
    const token = await subject.token({ audience: undefined, fresh: false, signal });
    const now = tools.now();
    if (token.expiresAt - now >= aheadMs(token)) return token;
    if (newer !== undefined && newer.expiresAt > token.expiresAt && isSameIdentity(newer, token))
      return newer;
    if (now - lookedAt >= RETRY_MS) {
      lookedAt = now;
      // A failure delays no one: the token is still valid, and the next look is in 5 s.
      subject.token({ audience: undefined, fresh: true, signal }).then(
        (found) => (newer = found),
        () => undefined,
      );
    }
    return token;
  }
}

function aheadMs({ claims: { iat }, expiresAt }: SubjectToken): number {
  const lifetimeMs = typeof iat === 'number' ? expiresAt - iat * 1_000 : USUAL_LIFETIME_MS;
  return Math.min(lifetimeMs / 4, 15 * MINUTE_MS);
}

function jtiOf(jti: VercelTokenProviderOptions['jti']): string | undefined {
  if (typeof jti !== 'function') return jti;
  const value: unknown = jti();
  if (typeof value === 'string' && value !== '') return value;
  throw invalidOption({ option: 'jti' }, 'a string, or a function that returns one that is not empty', value);
}

function jtiWithoutAudience(): OptionError {
  return new OptionError(
    'conflicting_options',
    'jti',
    undefined,
    '`jti` needs `audience`: only a token that Vercel exchanges can have it. Pass the audience of the party that receives the token.',
  );
}

/** A token that goes to no cloud has no default audience. @throws OptionError */
export function refuseDefaultAudience(audience: unknown): void {
  if (audience !== 'default') return;
  throw new OptionError(
    'invalid_option',
    'audience',
    undefined,
    "`audience: 'default'` means the default audience of a cloud, and this token goes to no cloud. Pass the audience that the receiver expects, or leave it out.",
  );
}
