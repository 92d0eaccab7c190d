/** What an AWS provider is configured with: the user's options, and what is made of them. */

import { OptionError } from '@credex/core';
import { endpointUrl, optionNames, optionalBoolean, optionalInteger } from '@credex/core/internal';
import { configuredRegion } from './region.js';
import { requiredRoleArn } from './role-arn.js';
import { sessionName } from './session-name.js';
import { sessionPolicies } from './session.js';

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

export const AWS_OPTION_NAMES: readonly (keyof AwsOptions)[] = optionNames<AwsOptions>({
  roleArn: true,
  region: true,
  roleSessionName: true,
  durationSeconds: true,
  policy: true,
  policyArns: true,
  endpoint: true,
  useFipsEndpoint: true,
  useDualstackEndpoint: true,
  allowLoopbackHttp: true,
  allowUnboundResponse: true,
});

/** The options, asserted and normalised: plain data that every exchanger can rely on. */
export interface AwsConfiguration {
  readonly roleArn: string;
  /** The role's partition, as in its ARN. */
  readonly partition: string;
  /** The role's account, 12 digits. */
  readonly accountId: string;
  readonly region: string | undefined;
  readonly regionFrom: 'option' | 'environment' | undefined;
  readonly roleSessionName: string;
  readonly durationSeconds: number | undefined;
  /** Canonical JSON text. */
  readonly policy: string | undefined;
  /** Sorted; empty where there is none. */
  readonly policyArns: readonly string[];
  /** An origin, without a slash at its end. */
  readonly endpoint: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
  readonly allowUnboundResponse: boolean;
  /** Whether the user gave a `fetch`: an exchanger then sends by `context.post`, or refuses. */
  readonly customFetch: boolean;
}

/** The session that STS gives where none is asked for. */
const DEFAULT_SECONDS = 3_600;

/** The longest that the session can be, in milliseconds: what a wrong clock must not make longer. */
export function longestSessionMs({ durationSeconds }: Pick<AwsConfiguration, 'durationSeconds'>): number {
  return (durationSeconds ?? DEFAULT_SECONDS) * 1_000;
}

/** @throws OptionError naming the option and the environment variable at fault. */
export function awsConfiguration(options: AwsOptions, customFetch: boolean): AwsConfiguration {
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
    customFetch,
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
