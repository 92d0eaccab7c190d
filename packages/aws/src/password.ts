/** What the passwords of databases and brokers have in common: who signs them, how long they last, where they are good. */

import type { PasswordFunction } from '@credex/core';
import { OptionError } from '@credex/core';
import type { DriverCall, Grammar } from '@credex/core/internal';
import {
  invalidOption,
  memberOf,
  optionalClock,
  optionalInteger,
  optionalString,
  ownCopy,
  ownOptions,
  refuseWithCredentials,
  requiredString,
  systemClock,
} from '@credex/core/internal';
import { awsCredentialsProvider } from './aws-credentials-provider.js';
import type { AwsCredentialsProviderOptions } from './options.js';
import { OPTION_NAMES } from './options.js';
import { REGION, REGION_VARIABLES } from './region.js';
import { presignedUrl } from './sigv4.js';
import type { SigningKeys } from './sigv4.js';
import type { AwsCredentialsProvider, AwsRequest } from './types.js';

/** Keys as the AWS SDK's own providers give them. */
export interface AwsSigningIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** A provider of this package, or any credential provider of the AWS SDK. */
export type AwsSigningCredentials =
  AwsCredentialsProvider | ((properties?: Record<string, unknown>) => Promise<AwsSigningIdentity>);

/** The options of every password function: those of `awsCredentialsProvider`, or a provider. */
export interface AwsPasswordOptions extends AwsCredentialsProviderOptions {
  /**
   * The region of the database or broker, for which the password is signed, and of the token service. Environment:
   * `AWS_REGION`, `AWS_DEFAULT_REGION`, unless the host name says the region.
   */
  readonly region?: string | undefined;
  /**
   * The credentials that sign, instead of the options of `awsCredentialsProvider`: a provider of this package or of the AWS
   * SDK. Only `region` and `clock` can be combined with it.
   */
  readonly credentials?: AwsSigningCredentials | undefined;
}

/** What is signed for one service. */
export interface SignedTarget {
  readonly service: string;
  readonly host: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly region: string;
}

/** The longest that these services take a password, in milliseconds. */
const LONGEST_MS = 900_000;
const FORCED = Object.freeze({ forceRefresh: true });

/** The caller's own options, checked for unknown names. `own`: the names that this function adds. */
export function passwordOptions<O extends AwsPasswordOptions>(
  factory: string,
  given: O,
  own: readonly (keyof O & string)[],
): O {
  const options = ownOptions(factory, given, [...own, 'credentials', ...OPTION_NAMES]);
  if (options.credentials === undefined) return options;
  if (typeof options.credentials !== 'function')
    throw invalidOption(
      { option: 'credentials' },
      'a credential provider: a function that returns a promise of keys',
      options.credentials,
    );
  refuseWithCredentials(options, [...own, 'region', 'clock']);
  return options;
}

/**
 * A function that signs a password for the target at each call.
 * @param finish What becomes of the signed URL. Default: it is the password.
 */
export function passwordFunction(
  { service, host, parameters, region }: SignedTarget,
  options: AwsPasswordOptions,
  own: readonly string[],
  finish: (url: string) => string = (url) => url,
): PasswordFunction {
  const clock = optionalClock(options.clock) ?? systemClock;
  const identity = signingIdentity(Object.assign(ownCopy(options), { region }), own, () => clock.now());

  async function withExpiry(): Promise<{ readonly password: string; readonly expiresAt: number }> {
    const { keys, expiresAt } = await identity();
    const at = Math.floor(clock.now() / 1000) * 1000;
    const endsAt = Math.min(at + LONGEST_MS, expiresAt ?? Infinity);
    // Services refuse a fraction. Core serves no expired credential: less than a second is a difference of clocks.
    const seconds = Math.max(1, Math.floor((endsAt - at) / 1000));
    const url = await presignedUrl(host, parameters, keys, { region, service, at }, seconds);
    return { password: finish(url), expiresAt: at + seconds * 1000 };
  }

  // Clients pass arguments of their own, which are not for this function.
  return Object.assign(async () => (await withExpiry()).password, { withExpiry });
}

interface Signer {
  readonly keys: SigningKeys;
  /** Epoch milliseconds; `undefined` for permanent keys. */
  readonly expiresAt: number | undefined;
}

function signingIdentity(
  options: AwsPasswordOptions,
  own: readonly string[],
  now: () => number,
): () => Promise<Signer> {
  const { credentials } = options;
  const provider = credentials ?? awsCredentialsProvider(providerOptions(options, own));
  if (!isOurs(provider)) return async () => sdkSigner(provider, now);
  return async () => {
    const found = await provider.getCredentials(SIGNING);
    return { keys: found, expiresAt: found.expiresAt };
  };
}

/** A password should last as long as it can: 15 minutes, or what the session's lifetime allows. */
const SIGNING: DriverCall<AwsRequest> = Object.freeze({ minValidityMs: LONGEST_MS, limitMinValidity: true });

const isOurs = (provider: AwsSigningCredentials): provider is AwsCredentialsProvider =>
  typeof memberOf(provider as AwsCredentialsProvider, 'getCredentials') === 'function';

/** As the official signers: one attempt to get a session that outlasts the password. */
async function sdkSigner(
  provider: (properties?: Record<string, unknown>) => Promise<AwsSigningIdentity>,
  now: () => number,
): Promise<Signer> {
  const endOf = ({ expiration }: AwsSigningIdentity): number => expiration?.getTime() ?? Infinity;
  let found = ownCopy(await provider());
  if (endOf(found) - now() < LONGEST_MS) {
    const newer = ownCopy(await provider(FORCED).catch(() => found));
    if (endOf(newer) > endOf(found)) found = newer;
  }
  return { keys: found, expiresAt: found.expiration?.getTime() };
}

/** Without the names of the password function, and without the region for an exchanger that brings its own. */
function providerOptions(options: AwsPasswordOptions, own: readonly string[]): AwsCredentialsProviderOptions {
  const left = [...own, 'credentials', ...(options.exchanger?.ownRegion === true ? ['region'] : [])];
  return Object.fromEntries(Object.entries(options).filter(([name]) => !left.includes(name)));
}

const HOST_NAME: Grammar = {
  pattern:
    /^(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
  says: 'the host name of the endpoint as AWS shows it, without a scheme, a port or a path',
};

export const requiredHostname = (value: unknown): string =>
  requiredString({ option: 'hostname' }, value, HOST_NAME);

export function requiredPort(value: unknown): number {
  const port = optionalInteger({ option: 'port' }, value, 1, 65_535);
  if (port !== undefined) return port;
  throw new OptionError(
    'missing_option',
    'port',
    undefined,
    '`port` is missing: pass it, such as 5432 for PostgreSQL or 3306 for MySQL. It is part of what is signed.',
  );
}

/** Text that can be written into a URL: no control character and no half of a surrogate pair. */
const NAME: Grammar = {
  pattern: /^[^\p{Cc}\p{Surrogate}]{1,256}$/u,
  says: 'the name of a database user, of 1 to 256 characters',
};

export const requiredUser = (option: string, value: unknown): string =>
  requiredString({ option }, value, NAME);

/** Names of AWS that contain the region. */
const AWS_HOST = /\.(?:amazonaws\.(?:com|com\.cn|eu)|on\.aws)$/i;

/**
 * The region of the option, else of the host name, else of the environment.
 * @throws OptionError `conflicting_options` if the host name says another region, for which the service refuses the password
 */
export function signingRegion(value: unknown, hostname?: string): string {
  const said =
    hostname !== undefined && AWS_HOST.test(hostname)
      ? hostname
          .toLowerCase()
          .split('.')
          .find((label) => REGION.pattern.test(label))
      : undefined;
  if (said === undefined)
    return requiredString({ option: 'region', environmentVariable: REGION_VARIABLES }, value, REGION);
  const region = value === undefined ? said : (optionalString({ option: 'region' }, value, REGION) ?? said);
  if (region === said) return region;
  throw new OptionError(
    'conflicting_options',
    'region',
    REGION_VARIABLES[0],
    `\`region\` is ${region}, and \`hostname\` is in ${said}. A password is valid only in the region that it is signed for: ` +
      `pass \`region: '${said}'\`, or leave it out.`,
  );
}
