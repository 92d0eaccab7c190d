/** The exchange as google-auth-library makes it: its `IdentityPoolClient`, held to one attempt and no cache. */

import type { ExchangeContext } from '@credex/core/driver';
import { invalidOption, optionNames, ownOptions, serverDate } from '@credex/core/driver';
import { OptionError } from '@credex/core';
import { IdentityPoolClient, gaxios } from 'google-auth-library';
import type { GcpExchange, GcpExchangerFactory, GcpToken } from '../gcp-exchanger.js';
import { gcpExchanger } from '../gcp-exchanger.js';
import { generateAccessTokenUrl, providerAudience, stsUrl } from '../gcp-names.js';
import type { GcpConfiguration } from '../gcp-options.js';
import type { Transporter } from './step-transport.js';
import { StepTransport } from './step-transport.js';
import { federatedEnd, parseGenerateAccessTokenResponse, parseStsResponse } from '../parse-token-response.js';

export interface GoogleAuthLibraryExchangerOptions {
  /**
   * A transporter of your own for both requests, such as `new gaxios.Gaxios({ agent })`: for a proxy, a private
   * certificate authority, interceptors. Redirects stay off. Default: a plain one, which honours HTTPS_PROXY,
   * NO_PROXY and NODE_EXTRA_CA_CERTS. Not together with the option `fetch` of the provider.
   */
  readonly transporter?: Transporter | undefined;
}

/**
 * Exchanges by google-auth-library 9.15, 10 or 11 (an optional peer). Caches nothing and retries nothing: both
 * are done above.
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
        '`fetch` and `transporter` both say how requests are made: pass one of them.',
      );
    }
    return gcpExchanger(configuration, googleAuthLibraryExchange(configuration, transporter));
  };
}

/** The two requests, through `transporter`, or else the user's fetch, or else the SDK's own. */
function googleAuthLibraryExchange(configuration: GcpConfiguration, transporter?: Transporter): GcpExchange {
  const own = configuration.fetch === undefined ? new gaxios.Gaxios() : undefined;
  return async (scopes, subject, context) => {
    // Counted from before the request: the lifetime may only come out too short.
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
    });
    const impersonationUrl = generateAccessTokenUrl(configuration)?.href;
    super({
      audience: providerAudience(configuration),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: stsUrl(configuration).href,
      ...(impersonationUrl === undefined ? {} : { service_account_impersonation_url: impersonationUrl }),
      ...(configuration.lifetimeSeconds === undefined
        ? {}
        : { service_account_impersonation: { token_lifetime_seconds: configuration.lifetimeSeconds } }),
      universe_domain: configuration.universeDomain,
      // A list: of a string the SDK makes a single scope with spaces in it.
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
      const { parsed, answer } = impersonated;
      return {
        accessToken: parsed.accessToken,
        expiresAt: parsed.expireTime,
        serverDate: serverDate(answer.headers),
      };
    }
    const exchanged = this.#exchanged.received;
    if (exchanged === undefined) throw unknownVersion();
    const { accessToken } = exchanged.parsed;
    return { accessToken, expiresAt: federatedEnd(exchanged.parsed, startedAt, subjectEnd) };
  }
}

/**
 * The SDK gives its STS client no way to be configured: the transporter in it is replaced. Where there is none
 * to replace, nothing is sent, since the SDK's own would follow a redirect with the token.
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
    'This version of google-auth-library is not known to @credex/gcp: install google-auth-library 9.15, 10 or 11.',
  );
}
