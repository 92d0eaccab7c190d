/** Checks the options of a verifier. None of them can be set by an environment variable. */

import { OptionError, type Clock } from '@credex/core';
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
  type Transport,
} from '@credex/core/internal';
import { isAlgorithm, ALGORITHMS } from './read-keys.js';
import type { TokenVerifierOptions, AllowRule, RuleInEffect, VercelTokenClaims } from './contract.js';
import {
  GLOBAL_ISSUER,
  conflicting,
  distinct,
  missing,
  trustedIssuers,
  type TrustedIssuer,
} from './issuers.js';
import { refusal } from './errors.js';

// `allow`: which callers are accepted. Checked when the verifier is created; values are compared exactly.

/** Matches any value. */
const OPEN = '*';

const CLAIM_OF = {
  projectId: 'project_id',
  ownerId: 'owner_id',
  environment: 'environment',
  project: 'project',
  owner: 'owner',
  subject: 'sub',
  userId: 'user_id',
} as const satisfies Record<keyof AllowRule, keyof VercelTokenClaims>;

type Member = keyof AllowRule;
const MEMBERS = Object.keys(CLAIM_OF) as readonly Member[];

interface Rule {
  /** The rule as the user wrote it, as plain frozen data. */
  readonly shown: RuleInEffect;
  /** The members that are compared: all that are not `'*'`. */
  readonly values: readonly (readonly [Member, ReadonlySet<string>])[];
}

/** Whose tokens the trusted issuers sign; the global issuer signs those of every team. */
type Teams = 'one' | 'several' | 'every';

function teamsOf(issuers: readonly TrustedIssuer[]): Teams {
  const teams = new Set(issuers.map(({ team }) => team));
  return teams.has(undefined) ? 'every' : teams.size > 1 ? 'several' : 'one';
}

/**
 * @param teams whose tokens the trusted issuers sign
 * @throws OptionError that names the member: `allow[0].environment`
 */
function allowRules(value: unknown, teams: Teams): readonly Rule[] {
  if (value === undefined) {
    throw missing(
      'allow',
      'pass at least one rule, such as { projectId: "prj_…", environment: "production" }. Without a rule, every project of the team would be accepted.',
    );
  }
  if (!Array.isArray(value) || value.length === 0)
    throw invalidOption({ option: 'allow' }, 'a list of at least one rule', value);
  return [...(value as unknown[])].map((rule, index) => allowRule(rule, `allow[${index}]`, teams));
}

function allowRule(rule: unknown, at: string, teams: Teams): Rule {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule))
    throw invalidOption({ option: at }, `an object of ${MEMBERS.join(', ')}`, rule);
  // Own members only: inherited members were not written by the user.
  const own = new Map<string, unknown>(Object.entries(rule));
  for (const name of own.keys()) {
    if (!(MEMBERS as readonly string[]).includes(name))
      throw new OptionError('invalid_option', at, undefined, unknownMember(at, name));
  }
  const given = MEMBERS.flatMap((name) => {
    const wanted = own.get(name);
    return wanted === undefined ? [] : [[name, checkedValues(`${at}.${name}`, wanted)] as const];
  });
  const isOpen = (list: readonly string[]): boolean => list[0] === OPEN;
  const has = (...names: readonly Member[]): boolean => given.some(([name]) => names.includes(name));
  const isRestricted = (...names: readonly Member[]): boolean =>
    given.some(([name, list]) => names.includes(name) && !isOpen(list));

  if (!has('environment')) {
    throw missing(
      `${at}.environment`,
      "set the environment, such as 'production', or '*' to accept previews and laptops as well.",
    );
  }
  if (!has('projectId', 'project')) {
    throw missing(`${at}.projectId`, "set `projectId` (prj_…) or `project`, or '*' to accept every project.");
  }
  if (teams === 'every' && !isRestricted('projectId', 'ownerId')) {
    throw missing(
      `${at}.projectId`,
      "set `projectId` (prj_…) or `ownerId` (team_…). The global issuer signs the tokens of every team, and another team can take a name that is no longer used, so neither a name nor '*' is enough.",
    );
  }
  const namesTeam = isRestricted('projectId', 'ownerId', 'owner', 'subject');
  if (teams === 'several' && isRestricted('project') && !namesTeam) {
    throw missing(
      `${at}.projectId`,
      'set `projectId` (prj_…), `ownerId` (team_…) or `owner` besides `project`. Several teams are trusted, and each of them can have a project of this name.',
    );
  }
  return {
    shown: Object.freeze({
      ...Object.fromEntries(given.map(([name, list]) => [name, Object.freeze(list)])),
      leavesOpen: Object.freeze(given.filter(([, list]) => isOpen(list)).map(([name]) => name)),
    }),
    values: given.filter(([, list]) => !isOpen(list)).map(([name, list]) => [name, new Set(list)]),
  };
}

function checkedValues(option: string, value: unknown): readonly string[] {
  const list = distinct(option, value);
  for (const one of list) {
    if (one === OPEN && list.length > 1)
      throw invalidOption({ option }, "either '*' alone, or values without '*'", value);
    if (one !== OPEN && one.includes(OPEN)) {
      throw invalidOption(
        { option },
        "whole values: they are compared exactly, so '*' within a value never matches. List each value, or use '*' alone to accept any",
        one,
      );
    }
    // eslint-disable-next-line no-control-regex -- control characters are invisible and occur in no claim
    if (/^\s|\s$|[\u0000-\u001f\u007f]/.test(one))
      throw invalidOption({ option }, 'a value without surrounding white space or control characters', one);
  }
  return list;
}

/**
 * Accepts a token that matches every member of one rule.
 *
 * @throws TokenVerificationError `not_allowed`
 */
export function checkRules(rules: readonly Rule[], claims: VercelTokenClaims): void {
  const misses: string[] = [];
  for (const [index, { values }] of rules.entries()) {
    const wrong = values.filter(([name, wanted]) => !isAmong(wanted, claims[CLAIM_OF[name]]));
    if (wrong.length === 0) return;
    misses.push(`allow[${index}] requires another ${wrong.map(([name]) => name).join(' and ')}`);
  }
  throw refusal('not_allowed', 'No rule in `allow` matches this caller.', {
    claims,
    advice: `${misses.slice(0, 5).join('; ')}.`,
  });
}

const isAmong = (wanted: ReadonlySet<string>, claim: unknown): boolean =>
  typeof claim === 'string' && wanted.has(claim);

function unknownMember(at: string, name: string): string {
  const named = /^\w{1,40}$/.test(name) ? `\`${name}\`` : `of ${name.length} characters`;
  return `\`${at}\` has an unknown member ${named}; a rule may have ${MEMBERS.join(', ')}.`;
}

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

interface VerifierSettings {
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
    rules: allowRules(options.allow, teamsOf(issuers)),
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
  throw conflicting(
    'issuer',
    `\`issuer\` is only the global issuer, and \`audience\` is a custom one: Vercel gives such a token the team issuer, whatever the project's issuer mode. Pass \`team\`, \`issuer: '${GLOBAL_ISSUER}/{team}'\` or both issuers in a list; or use the default audience, https://vercel.com/{team}.`,
  );
}

function audiencesOf(value: unknown): ReadonlySet<string> {
  if (value === undefined) {
    throw missing(
      'audience',
      'pass the audience that callers request from Vercel, such as the URL of your API. Without it, a token for another service would be accepted.',
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
