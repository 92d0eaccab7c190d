/** Checks the options of a verifier. None of them can be set by an environment variable. */

import { OptionError } from '@credex/core';
import type { Clock } from '@credex/core';
import {
  invalidOption,
  optionalClock,
  optionalBoolean,
  optionalFunction,
  optionalInteger,
  optionNames,
  ownOptions,
  systemClock,
  transportOf,
} from '@credex/core/internal';
import type { Transport } from '@credex/core/internal';
import { isAlgorithm, ALGORITHMS } from './algorithms.js';
import type { TokenVerifierOptions } from './contract.js';
import { GLOBAL_ISSUER, distinct, trustedIssuers } from './issuers.js';
import type { TrustedIssuer } from './issuers.js';
import { allowRules } from './rules.js';
import type { Rule } from './rules.js';

export const VERIFIER_OPTION_NAMES: readonly string[] = optionNames<TokenVerifierOptions>({
  team: true,
  issuer: true,
  audience: true,
  allow: true,
  algorithms: true,
  clockToleranceSeconds: true,
  jwksUri: true,
  allowLoopbackHttp: true,
  timeoutMs: true,
  memoSize: true,
  fetch: true,
  clock: true,
});

export interface VerifierSettings {
  readonly issuers: readonly TrustedIssuer[];
  readonly audiences: ReadonlySet<string>;
  readonly rules: readonly Rule[];
  readonly algorithms: ReadonlySet<string>;
  /** Seconds. */
  readonly tolerance: number;
  readonly timeoutMs: number;
  readonly memoSize: number;
  readonly transport: Transport;
  readonly clock: Clock;
}

/** @throws OptionError that names the option and the fix */
export function verifierSettings(given: TokenVerifierOptions): VerifierSettings {
  const options = ownOptions('createTokenVerifier', given, VERIFIER_OPTION_NAMES);
  const allowLoopback = optionalBoolean({ option: 'allowLoopbackHttp' }, options.allowLoopbackHttp) ?? false;
  const issuers = trustedIssuers(options, allowLoopback);
  const audiences = audiencesOf(options.audience);
  refuseUnreachable(issuers, audiences);
  return {
    issuers,
    audiences,
    rules: allowRules(
      options.allow,
      issuers.some(({ team }) => team === undefined),
    ),
    algorithms: algorithmsOf(options.algorithms),
    tolerance:
      optionalInteger({ option: 'clockToleranceSeconds' }, options.clockToleranceSeconds, 0, 300) ?? 5,
    timeoutMs: optionalInteger({ option: 'timeoutMs' }, options.timeoutMs, 1, 60_000) ?? 5_000,
    memoSize: optionalInteger({ option: 'memoSize' }, options.memoSize, 0, 100_000) ?? 1_000,
    transport: transportOf(optionalFunction({ option: 'fetch' }, options.fetch)),
    clock: optionalClock(options.clock) ?? systemClock,
  };
}

/** The default audience of a Vercel token. */
const OWN_AUDIENCE = /^https:\/\/vercel\.com\/[^/]+$/;

/**
 * Vercel issues tokens of a custom audience with the team issuer only. With the global issuer alone, no token of such an
 * audience would ever be accepted.
 */
function refuseUnreachable(issuers: readonly TrustedIssuer[], audiences: ReadonlySet<string>): void {
  const isGlobalAlone = issuers.every(({ iss }) => iss === GLOBAL_ISSUER);
  if (!isGlobalAlone || [...audiences].some((one) => OWN_AUDIENCE.test(one))) return;
  throw new OptionError(
    'conflicting_options',
    'issuer',
    undefined,
    `\`issuer\` is only the global issuer, and \`audience\` is a custom one: Vercel gives such a token the team issuer, whatever the project's issuer mode. Pass \`team\`, \`issuer: '${GLOBAL_ISSUER}/{team}'\` or both issuers in a list; or use the default audience, https://vercel.com/{team}.`,
  );
}

function audiencesOf(value: unknown): ReadonlySet<string> {
  if (value === undefined) {
    throw new OptionError(
      'missing_option',
      'audience',
      undefined,
      '`audience` is missing: pass the audience that callers request from Vercel, such as the URL of your API. Without it, a token for another service would be accepted.',
    );
  }
  const list = distinct('audience', value);
  const star = list.find((one) => one.includes('*'));
  if (star !== undefined) throw invalidOption({ option: 'audience' }, "whole audiences, without '*'", star);
  return new Set(list);
}

function algorithmsOf(value: unknown): ReadonlySet<string> {
  if (value === undefined) return new Set(['RS256']);
  const list = distinct('algorithms', value);
  const wrong = list.find((one) => !isAlgorithm(one));
  if (Array.isArray(value) && wrong === undefined) return new Set(list);
  // `none` and HMAC are refused: anyone who can verify an HMAC can also sign.
  throw invalidOption({ option: 'algorithms' }, `a list of ${ALGORITHMS.join(', ')}`, wrong ?? value);
}
