import type { Subject, SubjectTokenSource } from '@credex/core';
import { OptionError } from '@credex/core/internal';
import {
  memberOf,
  optionNames,
  optionalBoolean,
  ownOptions,
  rememberedToken,
  onVercel,
} from '@credex/core/internal';
import type { TokenVariables } from './captured-subject.js';
import { CapturedSubject, createTokenMemo, tokenVariables } from './captured-subject.js';
import { TOKEN_HEADER } from './request-context.js';
import type { SourceTools, VercelTokenSourceOptions } from './source-options.js';
import { SOURCE_OPTION_NAMES, VERCEL, sourceTools } from './source-options.js';

/** A fetch `Request`, a node `IncomingMessage`, or fetch `Headers`. */
export type RequestLike = { readonly headers: HeadersLike } | HeaderGetter;
export type HeadersLike = HeaderGetter | Readonly<Record<string, string | readonly string[] | undefined>>;
export interface HeaderGetter {
  get(name: string): string | null;
}

export interface RequestSwitch {
  /**
   * `false`: a request without a token fails, even outside Vercel, instead of using a token from the environment. Set it
   * on a server that is open to the public. Default: true.
   */
  readonly local?: boolean | undefined;
}

const SWITCH_NAMES: readonly string[] = optionNames<RequestSwitch>({ local: true });

/**
 * The token of one request, for runtimes without a request context (middleware, your own server). The sender controls
 * the header and its claims are not verified here, so the digest of the whole token is the identity key.
 *
 * On a laptop (`next dev`, `vercel dev`), a request without the header uses the token of VERCEL_OIDC_TOKEN_FILE or
 * VERCEL_OIDC_TOKEN, and a `warning` event reports it. This never happens on a deployment.
 *
 * @example
 * export default async function middleware(request: Request) {
 *   const { accessToken } = await getGcpCredentials({ tokenSource: requestTokenSource(request) });
 * }
 * @throws OptionError if the argument has no headers, or for an invalid option
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
    about: VERCEL,
    capture(): Subject {
      if (header === undefined && fallsBack && !onVercel()) {
        const variables = tokenVariables();
        if (variables.file !== undefined || variables.token !== undefined)
          return environmentSubject(tools, variables);
      }
      return {
        identityKey: undefined,
        async token(tokenRequest) {
          if (header !== undefined && !tokenRequest.fresh) {
            const { token } = rememberedToken(header);
            if (token !== undefined && token.expiresAt > now()) return finish(token, tokenRequest);
          }
          const { allExpired, noFresherToken, noToken, unreadableToken } = await import('./token-errors.js');
          if (header === undefined) throw noToken(`the request has no ${TOKEN_HEADER} header`);
          if (tokenRequest.fresh) throw noFresherToken();
          const { token, fault } = rememberedToken(header);
          if (token === undefined) throw unreadableToken(fault);
          throw allExpired([{ place: 'the request header', token }], now());
        },
      };
    },
  };
}

/** The environment's token, for a request without one. Warns once per request. */
function environmentSubject(tools: SourceTools, variables: TokenVariables): Subject {
  const captured = new CapturedSubject(
    { ...tools, memo: createTokenMemo(), cliFallback: async () => undefined },
    undefined,
    undefined,
    variables,
  );
  let warned = false;
  return {
    identityKey: undefined,
    async token(tokenRequest) {
      const token = await captured.token(tokenRequest);
      if (!warned && tokenRequest.warn !== undefined) {
        warned = true;
        const name = variables.file === undefined ? 'VERCEL_OIDC_TOKEN' : 'VERCEL_OIDC_TOKEN_FILE';
        tokenRequest.warn(
          `The request has no ${TOKEN_HEADER} header, so requestTokenSource uses the token of ${name}. This happens only outside Vercel.`,
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
