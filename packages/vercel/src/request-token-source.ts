import type { Subject, SubjectTokenSource } from '@credex/core';
import { OptionError } from '@credex/core';
import {
  memberOf,
  optionNames,
  optionalBoolean,
  ownOptions,
  rememberedSubjectToken,
  onVercel,
} from '@credex/core/driver';
import type { TokenVariables } from './captured-subject.js';
import { CapturedSubject, tokenVariables } from './captured-subject.js';
import { TOKEN_HEADER } from './request-context.js';
import type { SourceTools, VercelTokenSourceOptions } from './source-options.js';
import { SOURCE_OPTION_NAMES, sourceTools } from './source-options.js';
import { createTokenMemo } from './token-memo.js';

/** A fetch `Request`, a node `IncomingMessage`, or fetch `Headers`. */
export type RequestLike = { readonly headers: HeadersLike } | HeaderGetter;
export type HeadersLike = HeaderGetter | Readonly<Record<string, string | readonly string[] | undefined>>;
export interface HeaderGetter {
  get(name: string): string | null;
}

export interface RequestSwitch {
  /**
   * `false`: where the request has no token, none is taken from the environment, not even off the platform. For a server
   * of your own that serves strangers. Default: true.
   */
  readonly local?: boolean | undefined;
}

const SWITCH_NAMES: readonly string[] = optionNames<RequestSwitch>({ local: true });

/**
 * The token of one request, for runtimes without a request context (middleware, a server of one's own). What a
 * request carries is its sender's word, so the digest of the whole token is the identity key.
 *
 * Off the platform (`next dev`, `vercel dev`, a laptop) a request without the header is answered with the token of
 * VERCEL_OIDC_TOKEN_FILE or VERCEL_OIDC_TOKEN, which an event `warning` says. On a deployment never.
 *
 * @example
 * export default async function middleware(request: Request) {
 *   const { accessToken } = await getGcpCredentials({ tokenSource: requestTokenSource(request) });
 * }
 * @throws OptionError where the argument has no headers, or for an option that can't be honoured
 */
export function requestTokenSource(
  request: RequestLike,
  given: VercelTokenSourceOptions & RequestSwitch = {},
): SubjectTokenSource {
  const options = ownOptions('requestTokenSource', given, [...SOURCE_OPTION_NAMES, ...SWITCH_NAMES]);
  const tools = sourceTools('requestTokenSource', options, SWITCH_NAMES);
  const { now, finish } = tools;
  const fallsBack = optionalBoolean({ option: 'local' }, options.local) ?? true;
  const header = tokenHeader(request);
  return {
    capture(): Subject {
      if (header === undefined && fallsBack && !onVercel()) {
        const variables = tokenVariables();
        if (variables.file !== undefined || variables.token !== undefined)
          return environmentSubject(tools, variables);
      }
      return {
        partition: undefined,
        async token(wanted) {
          if (header !== undefined && !wanted.fresh) {
            const token = rememberedSubjectToken(header);
            if (token.expiresAt > now()) return finish(token, wanted);
          }
          const { allExpired, noFresherToken, noToken } = await import('./token-errors.js');
          if (header === undefined) throw noToken(`the request has no ${TOKEN_HEADER} header`);
          if (wanted.fresh) throw noFresherToken();
          throw allExpired([{ place: 'the request header', token: rememberedSubjectToken(header) }], now());
        },
      };
    },
  };
}

/** The environment's token, for a request that has none. Said once for each request. */
function environmentSubject(tools: SourceTools, variables: TokenVariables): Subject {
  const captured = new CapturedSubject(
    { ...tools, memo: createTokenMemo(), lastPlace: async () => undefined },
    undefined,
    undefined,
    variables,
  );
  let said = false;
  return {
    partition: undefined,
    async token(wanted) {
      const token = await captured.token(wanted);
      if (!said && wanted.warn !== undefined) {
        said = true;
        const name = variables.file === undefined ? 'VERCEL_OIDC_TOKEN' : 'VERCEL_OIDC_TOKEN_FILE';
        wanted.warn(
          `The request has no ${TOKEN_HEADER} header, so requestTokenSource took the token of ${name}, as it does off Vercel only.`,
        );
      }
      return token;
    },
  };
}

function tokenHeader(request: RequestLike): string | undefined {
  const headers = headersOf(request);
  const value = isGetter(headers) ? headers.get(TOKEN_HEADER) : memberOf(headers, TOKEN_HEADER);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first !== '' ? first : undefined;
}

function headersOf(request: RequestLike): HeadersLike {
  if (typeof request === 'object' && request !== null) {
    if (isGetter(request)) return request;
    const headers = memberOf(request, 'headers');
    if (typeof headers === 'object' && headers !== null) return headers;
  }
  throw new OptionError(
    'invalid_option',
    'request',
    undefined,
    '`request` must be a Request, an IncomingMessage or Headers.',
  );
}

function isGetter(value: object): value is HeaderGetter {
  return typeof memberOf(value as Partial<HeaderGetter>, 'get') === 'function';
}
