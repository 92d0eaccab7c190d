/** kafkajs and @platformatic/kafka: SASL/OAUTHBEARER (RFC 7628), as Amazon MSK and Google's Managed Kafka ask for it. */

import { FederationError } from '@credex/core';
import { ownMembers } from '@credex/core/internal';
import { checkedPassword } from './password.js';
import type { PasswordCallback } from './password.js';
import { verifiedTls } from './tls.js';
import type { VerifiedTls } from './tls.js';

export type { PasswordCallback } from './password.js';

/** The options of `new Kafka()` of kafkajs, with what this package needs of them. */
export interface KafkaJsOptions {
  /** Called for each login: for each connection, and when a broker asks for another login. */
  readonly token: PasswordCallback;
  /** TLS options such as `{ ca }`; `true` for brokers with a certificate of a public authority, such as MSK's. */
  readonly ssl: object | true;
}

/** What `new Kafka()` of kafkajs takes. */
export type KafkaJsClientOptions<O extends KafkaJsOptions> = Omit<O, 'token' | 'ssl'> & {
  readonly ssl: VerifiedTls<O['ssl']>;
  readonly sasl: {
    readonly mechanism: 'oauthbearer';
    readonly oauthBearerProvider: () => Promise<{ value: string }>;
  };
};

/**
 * Options for `new Kafka()` of kafkajs 2. All other options pass unchanged.
 *
 * kafkajs retries any failure of a token function, and then shows the failure's own cause instead of it. If the token function
 * fails, `connect()` rejects with an error of kafkajs whose `cause` is that failure; without retries, if they can't help.
 *
 * @throws OptionError if `token` is no function, or `ssl` is missing, off or unverified
 *
 * @example
 * const kafka = new Kafka(kafkaJsOptions({ brokers, ssl: true, token: mskToken({ region: 'eu-west-1' }) }));
 */
export function kafkaJsOptions<O extends KafkaJsOptions>(options: O): KafkaJsClientOptions<O> {
  const { token, ssl, ...own } = ownMembers('kafkaJsOptions', options, ['token', 'ssl']);
  const tokenOf = checkedPassword('token', token);
  const oauthBearerProvider = async (): Promise<{ value: string }> => {
    try {
      return { value: await tokenOf() };
    } catch (error) {
      throw Object.assign(new Error((error as Error).message, { cause: error }), {
        retriable: FederationError.isInstance(error) ? error.retryable : false,
      });
    }
  };
  return {
    ...own,
    ssl: verifiedTls<O['ssl']>('ssl', ssl),
    sasl: { mechanism: 'oauthbearer', oauthBearerProvider },
  };
}

/** The options of a client of @platformatic/kafka, with what this package needs of them. */
export interface PlatformaticKafkaOptions {
  /** Called for each login. */
  readonly token: PasswordCallback;
  /** TLS options such as `{ ca }`; `{}` for brokers with a certificate of a public authority, such as MSK's. */
  readonly tls: object;
}

/** What `new Producer()` and the others of @platformatic/kafka take. */
export type PlatformaticKafkaClientOptions<O extends PlatformaticKafkaOptions> = Omit<O, 'token' | 'tls'> & {
  readonly tls: VerifiedTls<O['tls']>;
  readonly sasl: { readonly mechanism: 'OAUTHBEARER'; readonly token: PasswordCallback };
};

/**
 * Options for `new Producer()`, `new Consumer()` and `new Admin()` of @platformatic/kafka 1 and 2. All other options pass
 * unchanged. If the token function fails, the error of the client has `errors`, and the failure is in their chain of `cause`. The
 * client tries again as `retries` says (default: three times), also if that can't help.
 *
 * @throws OptionError if `token` is no function, or `tls` is missing, off or unverified
 *
 * @example
 * const producer = new Producer(
 *   platformaticKafkaOptions({ clientId: 'shop', bootstrapBrokers, tls: {}, token: mskToken({ region: 'eu-west-1' }) }),
 * );
 */
export function platformaticKafkaOptions<O extends PlatformaticKafkaOptions>(
  options: O,
): PlatformaticKafkaClientOptions<O> {
  const { token, tls, ...own } = ownMembers('platformaticKafkaOptions', options, ['token', 'tls']);
  return {
    ...own,
    tls: verifiedTls<O['tls']>('tls', tls),
    sasl: { mechanism: 'OAUTHBEARER', token: checkedPassword('token', token) },
  };
}
