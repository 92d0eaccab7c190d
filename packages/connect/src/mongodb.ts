/** mongodb (the driver): MONGODB-AWS with credentials, MONGODB-OIDC with a token. */

import { OptionError } from '@credex/core';
import { invalidOption, ownMembers } from '@credex/core/internal';
import { checkedPassword } from './password.js';
import type { PasswordCallback } from './password.js';

/** A provider as `awsCredentialsProvider` of `@credex/aws` returns. */
export type AwsProvider = () => Promise<{
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}>;

/** What identifies the caller: one of the two. */
export type MongoDbLogin =
  | { readonly credentials: AwsProvider; readonly token?: undefined; readonly allowedHosts?: undefined }
  | {
      readonly token: PasswordCallback;
      readonly credentials?: undefined;
      readonly allowedHosts?: readonly string[];
    };

/** The options of `MongoClient`, with what this package needs of them. */
export type MongoDbOptions = MongoDbLogin & {
  readonly tls?: true | undefined;
  readonly tlsAllowInvalidCertificates?: false | undefined;
  readonly tlsAllowInvalidHostnames?: false | undefined;
  readonly tlsInsecure?: false | undefined;
  /** Refused: driver 6 prefers it to `credentials`. */
  readonly auth?: undefined;
};

/** What `new MongoClient()` takes. */
export interface MongoDbClientOptions {
  readonly tls: true;
  readonly rejectUnauthorized: true;
  readonly authSource: '$external';
  readonly authMechanism: 'MONGODB-AWS' | 'MONGODB-OIDC';
  readonly authMechanismProperties: {
    AWS_CREDENTIAL_PROVIDER?: AwsProvider;
    OIDC_CALLBACK?: () => Promise<{ accessToken: string }>;
    ALLOWED_HOSTS?: string[];
  };
}

/** The driver's options about TLS, and their only values. */
const TLS_OPTIONS = {
  tls: true,
  tlsAllowInvalidCertificates: false,
  tlsAllowInvalidHostnames: false,
  tlsInsecure: false,
} as const;
const KNOWN = ['credentials', 'token', 'allowedHosts', 'auth'] as const;

/**
 * Options for `new MongoClient(url, options)` of mongodb 6.11 and 7. With `credentials` the driver signs a request as the role
 * (MONGODB-AWS; it needs the package `@aws-sdk/credential-providers`, though it uses this provider only). With `token` it
 * presents a token (MONGODB-OIDC), for which `allowedHosts` names hosts other than Atlas and localhost. All other options pass
 * unchanged. Keep `authMechanism`, user and password out of the URL.
 *
 * @throws OptionError if there is neither `credentials` nor `token`, or both, if there is an `auth`, or if TLS is off or
 *   unverified
 *
 * @example
 * const client = new MongoClient(
 *   'mongodb+srv://cluster0.example.mongodb.net',
 *   mongodbOptions({ credentials: awsCredentialsProvider({ roleArn }) }),
 * );
 */
export function mongodbOptions<O extends MongoDbOptions>(
  options: O,
): Omit<O, 'credentials' | 'token' | 'allowedHosts'> & MongoDbClientOptions {
  const own = ownMembers<MongoDbOptions>('mongodbOptions', options, [...KNOWN, ...Object.keys(TLS_OPTIONS)]);
  const { credentials, token, allowedHosts, auth, tlsInsecure: _tlsInsecure, ...others } = own;
  if ((credentials === undefined) === (token === undefined))
    throw new OptionError(
      credentials === undefined ? 'missing_option' : 'conflicting_options',
      'credentials',
      undefined,
      'Pass either `credentials: awsCredentialsProvider({ … })` (MONGODB-AWS) or `token`, a function that returns a promise of a token (MONGODB-OIDC).',
    );
  if (credentials !== undefined && typeof credentials !== 'function')
    throw invalidOption(
      { option: 'credentials' },
      'a provider, as awsCredentialsProvider({ … }) returns',
      credentials,
    );
  if (credentials !== undefined && allowedHosts !== undefined)
    throw new OptionError(
      'conflicting_options',
      'allowedHosts',
      undefined,
      '`allowedHosts` has no effect with `credentials`: remove it. It limits the hosts that receive a `token`.',
    );
  if (auth !== undefined)
    throw new OptionError(
      'conflicting_options',
      'auth',
      undefined,
      '`auth` can replace `credentials` or `token` in the driver: remove it.',
    );
  for (const [name, safe] of Object.entries(TLS_OPTIONS)) {
    const given: unknown = own[name as keyof typeof TLS_OPTIONS];
    if (given !== undefined && given !== safe)
      throw new OptionError(
        'invalid_option',
        name,
        undefined,
        `\`${name}\` must be ${safe}: otherwise any server on the way could receive the login. Pass a private authority as \`tlsCAFile\`.`,
      );
  }
  // The URL may ask for what the options refuse: the options win.
  const common = {
    tls: true,
    rejectUnauthorized: true,
    tlsAllowInvalidCertificates: false,
    tlsAllowInvalidHostnames: false,
    authSource: '$external',
  } as const;
  if (token !== undefined) {
    const tokenOf = checkedPassword('token', token);
    return {
      ...(others as Omit<O, 'credentials' | 'token' | 'allowedHosts'>),
      ...common,
      authMechanism: 'MONGODB-OIDC',
      authMechanismProperties: {
        OIDC_CALLBACK: async () => ({ accessToken: await tokenOf() }),
        ...(allowedHosts === undefined ? {} : { ALLOWED_HOSTS: [...allowedHosts] }),
      },
    };
  }
  return {
    ...(others as Omit<O, 'credentials' | 'token' | 'allowedHosts'>),
    ...common,
    authMechanism: 'MONGODB-AWS',
    authMechanismProperties: { AWS_CREDENTIAL_PROVIDER: credentials as AwsProvider },
  };
}
