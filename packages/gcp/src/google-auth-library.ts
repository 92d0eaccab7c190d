/**
 * `@credex/gcp/google-auth-library`: the exchange with the official SDK, google-auth-library, limited to one attempt and
 * without its cache; and an auth client for Google's libraries.
 */

import type { ExchangeContext } from '@credex/core/internal';
import { invalidOption, optionNames, ownOptions, serverDate } from '@credex/core/internal';
import { OptionError } from '@credex/core';
import { IdentityPoolClient, gaxios } from 'google-auth-library';
import type { GcpExchange, GcpToken } from './gcp-exchanger.js';
import { gcpExchanger } from './gcp-exchanger.js';
import { iamCredentialsUrl, providerAudience, stsUrl } from './names.js';
import type { Transporter } from './google-auth-library/step-transport.js';
import { StepTransport } from './google-auth-library/step-transport.js';
import {
  federatedExpiry,
  parseGenerateAccessTokenResponse,
  parseStsResponse,
} from './parse-token-response.js';
import type { GcpConfiguration, GcpExchangerFactory } from './types.js';

export type { AuthClientFor } from './google-auth-library/auth-client.js';
export { googleAuthClient } from './google-auth-library/auth-client.js';
export { idTokenClient } from './google-auth-library/id-token-client.js';
export type { GcpIdTokenOptions } from './id-token.js';
export type { Transporter } from './google-auth-library/step-transport.js';

export interface GoogleAuthLibraryExchangerOptions {
  /**
   * Your own transporter for both requests, such as `new gaxios.Gaxios({ agent })`: for a proxy, a private CA or
   * interceptors. Redirects are never followed. Default: a plain Gaxios, which uses HTTPS_PROXY, NO_PROXY and
   * NODE_EXTRA_CA_CERTS. It cannot be combined with the provider's option `fetch`.
   */
  readonly transporter?: Transporter | undefined;
}

/**
 * Makes the exchange with google-auth-library 9.15, 10 or 11 (an optional peer dependency). The library neither caches
 * nor retries, because credex does both.
 *
 * @example
 * gcpCredentialsProvider({ ...options, exchanger: googleAuthLibraryExchanger({ transporter }) });
 * @throws OptionError `invalid_option`, `conflicting_options`
 */
export function googleAuthLibraryExchanger(
  given: GoogleAuthLibraryExchangerOptions = {},
): GcpExchangerFactory {
  const { transporter } = ownOptions(
    'googleAuthLibraryExchanger',
    given,
    optionNames<GoogleAuthLibraryExchangerOptions>({ transporter: true }),
  );
  if (transporter !== undefined && typeof (transporter as Partial<Transporter>).request !== 'function')
    throw invalidOption({ option: 'transporter' }, 'a Gaxios instance', transporter);
  return (configuration) => {
    if (transporter !== undefined && configuration.fetch !== undefined) {
      throw new OptionError(
        'conflicting_options',
        'fetch',
        undefined,
        '`fetch` and `transporter` cannot be combined: each of them sends the requests. Pass one of them.',
      );
    }
    return gcpExchanger(configuration, googleAuthLibraryExchange(configuration, transporter));
  };
}

/** The two requests, sent with `transporter`, with the user's fetch, or with the SDK's transporter. */
function googleAuthLibraryExchange(configuration: GcpConfiguration, transporter?: Transporter): GcpExchange {
  const own = configuration.fetch === undefined ? new gaxios.Gaxios() : undefined;
  return async (scopes, subject, context) => {
    // Counted from before the request, so that the lifetime is never too long.
    const startedAt = configuration.clock.now();
    const client = new OneExchange(configuration, scopes, subject.jwt, context, transporter ?? own);
    await client.run();
    return client.token(startedAt, subject.expiresAt);
  };
}

/** A client for a single exchange, so that the SDK has nothing to cache. */
class OneExchange extends IdentityPoolClient {
  readonly #exchanged: StepTransport<ReturnType<typeof parseStsResponse>>;
  readonly #impersonated: StepTransport<ReturnType<typeof parseGenerateAccessTokenResponse>>;

  constructor(
    configuration: GcpConfiguration,
    scopes: readonly string[],
    subjectToken: string,
    context: ExchangeContext,
    through: Transporter | undefined,
  ) {
    const impersonated = new StepTransport({
      step: 'impersonation',
      parse: parseGenerateAccessTokenResponse,
      context,
      through,
      // The SDK has no delegation chain for external accounts.
      fields: { delegates: configuration.delegates },
    });
    const impersonationUrl = iamCredentialsUrl(configuration)?.href;
    super({
      audience: providerAudience(configuration),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: stsUrl(configuration).href,
      ...(impersonationUrl === undefined ? {} : { service_account_impersonation_url: impersonationUrl }),
      ...(configuration.lifetimeSeconds === undefined
        ? {}
        : { service_account_impersonation: { token_lifetime_seconds: configuration.lifetimeSeconds } }),
      universe_domain: configuration.universeDomain,
      // A list, because the SDK turns a string into one scope with spaces in it.
      scopes: [...scopes],
      subject_token_supplier: { getSubjectToken: async () => subjectToken },
      transporter: impersonated,
    });
    this.#impersonated = impersonated;
    this.#exchanged = new StepTransport({
      step: 'token-exchange',
      parse: parseStsResponse,
      context,
      through,
    });
    pinStsTransporter(this.stsCredential, this.#exchanged);
  }

  run(): Promise<unknown> {
    return this.refreshAccessTokenAsync();
  }

  token(startedAt: number, subjectEnd: number): GcpToken {
    const impersonated = this.#impersonated.received;
    if (impersonated !== undefined) {
      const { parsed, httpResponse } = impersonated;
      return {
        accessToken: parsed.accessToken,
        expiresAt: parsed.expireTime,
        serverDate: serverDate(httpResponse.headers),
      };
    }
    const exchanged = this.#exchanged.received;
    if (exchanged === undefined) throw unknownVersion();
    const { accessToken } = exchanged.parsed;
    return { accessToken, expiresAt: federatedExpiry(exchanged.parsed, startedAt, subjectEnd) };
  }
}

/**
 * The SDK's STS client cannot be configured, so its transporter is replaced. If it has none, nothing is sent, because
 * the SDK's own transporter would follow a redirect with the token.
 */
function pinStsTransporter(stsCredential: object, transport: object): void {
  if (typeof Reflect.get(stsCredential, 'transporter') !== 'object') throw unknownVersion();
  Reflect.set(stsCredential, 'transporter', transport);
}

function unknownVersion(): Error {
  return new OptionError(
    'missing_package',
    'exchanger',
    undefined,
    '@credex/gcp does not support the installed version of google-auth-library. Run: npm install google-auth-library@11 (9.15 and 10 work as well).',
  );
}
