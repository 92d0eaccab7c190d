/** The options, their grammar and their environment variables, and the configuration that is made of them. */

import type { SharedOptions } from '@credex/core';
import { OptionError } from '@credex/core/internal';
import {
  SHARED_OPTION_NAMES,
  endpointUrl,
  optionNames,
  optionalBoolean,
  optionalInteger,
  ownOptions,
} from '@credex/core/internal';
import { configuredRegion } from './region.js';
import { requiredRoleArn, sessionName, sessionPolicies } from './session.js';
import type { AwsConfiguration, AwsExchangerFactory } from './types.js';

/** The options of AWS alone. `undefined` is the same as left out. */
export interface AwsOptions {
  /**
   * The role to assume, `arn:aws:iam::123456789012:role/name`; any partition. Environment: `AWS_ROLE_ARN`.
   * Required.
   */
  readonly roleArn?: string | undefined;
  /**
   * The region whose token service is asked where the calling client names none. It must be of the role's
   * partition. Environment: `AWS_REGION`, `AWS_DEFAULT_REGION`. Default: the default region of the role's
   * partition, with a `warning` event.
   */
  readonly region?: string | undefined;
  /**
   * 2 to 64 characters of `A-Z a-z 0-9 _+=,.@-`; CloudTrail shows it. Default: `credex-{project id}-{environment}`
   * of the Vercel deployment, else `credex`.
   */
  readonly roleSessionName?: string | undefined;
  /** Seconds, 900 to 43,200, and at most the role's maximum session duration. Default: that of STS, 3,600. */
  readonly durationSeconds?: number | undefined;
  /** A session policy, as an object or JSON text. At most 2,048 characters together with `policyArns`. */
  readonly policy?: string | object | undefined;
  /** ARNs of managed policies used as session policies, at most 10. */
  readonly policyArns?: readonly string[] | undefined;
  /**
   * Roles to assume one after the other, 1 to 5, starting with the session of `roleArn`; the credential is that of the last
   * one. Each session is cached on its own. They are checked with the first call, before any request. Default: none.
   */
  readonly assumeRole?: readonly AwsAssumeRole[] | undefined;
  /** A token service of another name, such as a VPC endpoint: `https://host[:port]`. */
  readonly endpoint?: string | undefined;
  /** Ask the FIPS 140 endpoint. Default: false. Not with `endpoint`. */
  readonly useFipsEndpoint?: boolean | undefined;
  /** Ask the dual-stack (IPv4 and IPv6) endpoint. Default: false. Not with `endpoint`. */
  readonly useDualstackEndpoint?: boolean | undefined;
  /** Allow an `endpoint` of http on loopback, for emulators. Default: false. */
  readonly allowLoopbackHttp?: boolean | undefined;
  /**
   * Accept a response about another account, partition, role or subject than was requested, as servers that imitate STS
   * send. Default: false: such a response is refused with `invalid_response`. Never read from the environment.
   */
  readonly allowUnboundResponse?: boolean | undefined;
}

/** A role to assume with the session of the role before it (AssumeRole). `undefined` is the same as left out. */
export interface AwsAssumeRole {
  /** The role, in any account of the same partition. */
  readonly roleArn: string;
  /** What the role's trust policy compares with `sts:ExternalId`: 2 to 1,224 characters of `A-Z a-z 0-9 _+=,.@:/-`. */
  readonly externalId?: string | undefined;
  /** Session tags for ABAC: `aws:PrincipalTag/{key}` in policies. At most 50 with those of `tagsFromClaims`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * Session tags whose values are claims of the token, `{ Project: 'project_id' }`: `project`, `project_id`, `environment`,
   * `owner` and `owner_id`. Any other claim needs a function as `tokenSource`, which makes the whole token the identity.
   */
  readonly tagsFromClaims?: Readonly<Record<string, string>> | undefined;
  /** Tags of this role that all later sessions of the chain keep. */
  readonly transitiveTagKeys?: readonly string[] | undefined;
  /** Who acts, for CloudTrail: 2 to 64 characters of `A-Z a-z 0-9 _+=,.@-`. Only in the first role; later ones keep it. */
  readonly sourceIdentity?: string | undefined;
  /** A session policy, as an object or JSON text. At most 2,048 characters together with `policyArns`. */
  readonly policy?: string | object | undefined;
  /** ARNs of managed policies used as session policies, at most 10. */
  readonly policyArns?: readonly string[] | undefined;
  /** Seconds, 900 to 3,600: a session that another session requests lasts an hour at most. Default: that of STS, 3,600. */
  readonly durationSeconds?: number | undefined;
}

export interface AwsCredentialsProviderOptions extends AwsOptions, SharedOptions {
  /**
   * How the exchange is made. Default: by one request of our own, the same as the AWS SDK's. `clientStsExchanger()`
   * of `@credex/aws/client-sts` makes it by the package `@aws-sdk/client-sts`.
   */
  readonly exchanger?: AwsExchangerFactory | undefined;
}

export const OPTION_NAMES: readonly string[] = [
  ...SHARED_OPTION_NAMES,
  ...optionNames<Omit<AwsCredentialsProviderOptions, keyof SharedOptions>>({
    roleArn: true,
    region: true,
    roleSessionName: true,
    durationSeconds: true,
    policy: true,
    policyArns: true,
    assumeRole: true,
    endpoint: true,
    useFipsEndpoint: true,
    useDualstackEndpoint: true,
    allowLoopbackHttp: true,
    allowUnboundResponse: true,
    exchanger: true,
  }),
];

/** What replaces the options of the AWS SDK's `fromWebToken` and of `@vercel/oidc-aws-credentials-provider`. */
const WITH_CLIENT = 'pass a client: `exchanger: clientStsExchanger({ client })` of `@credex/aws/client-sts`.';
const REPLACEMENTS: Readonly<Record<string, string>> = {
  clientConfig: `Pass \`region\` and \`endpoint\` directly; for the rest, ${WITH_CLIENT}`,
  clientPlugins: `To use middleware, ${WITH_CLIENT}`,
  roleAssumerWithWebIdentity: `To use the AWS SDK, ${WITH_CLIENT}`,
  providerId: 'Remove it: STS refuses it for OpenID Connect tokens.',
  webIdentityToken: 'Pass `tokenSource: () => token`.',
  jti: 'Remove it: `audience` is enough.',
  skipTokenCache: 'Remove it: `getCredentials({ forceRefresh: true })` gets a new credential.',
};

/** @throws OptionError */
export function awsOptions(options: AwsCredentialsProviderOptions): AwsCredentialsProviderOptions {
  return ownOptions('awsCredentialsProvider', options, OPTION_NAMES, REPLACEMENTS);
}

/** @throws OptionError naming the option and the environment variable at fault. */
export function awsConfiguration(options: AwsCredentialsProviderOptions): AwsConfiguration {
  const role = requiredRoleArn(options.roleArn);
  return Object.freeze({
    ...role,
    ...configuredRegion(options.region, role.partition),
    roleSessionName: sessionName(options.roleSessionName),
    durationSeconds: optionalInteger({ option: 'durationSeconds' }, options.durationSeconds, 900, 43_200),
    ...sessionPolicies(options.policy, options.policyArns),
    ...endpoints(options),
    allowUnboundResponse:
      optionalBoolean({ option: 'allowUnboundResponse' }, options.allowUnboundResponse) ?? false,
    customFetch: options.fetch !== undefined,
  });
}

function endpoints(
  options: AwsOptions,
): Pick<AwsConfiguration, 'endpoint' | 'useFipsEndpoint' | 'useDualstackEndpoint'> {
  const allowLoopbackHttp =
    optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const useFipsEndpoint = optionalBoolean({ option: 'useFipsEndpoint' }, options.useFipsEndpoint) ?? false;
  const useDualstackEndpoint =
    optionalBoolean({ option: 'useDualstackEndpoint' }, options.useDualstackEndpoint) ?? false;
  if (options.endpoint === undefined) return { endpoint: undefined, useFipsEndpoint, useDualstackEndpoint };
  if (useFipsEndpoint || useDualstackEndpoint) {
    throw new OptionError(
      'conflicting_options',
      'endpoint',
      undefined,
      '`endpoint` can not be combined with `useFipsEndpoint` or `useDualstackEndpoint`: name the endpoint you mean.',
    );
  }
  const rules = { allowLoopbackHttp, allowPath: false };
  const { origin } = endpointUrl({ option: 'endpoint' }, options.endpoint, rules);
  return { endpoint: origin, useFipsEndpoint, useDualstackEndpoint };
}
