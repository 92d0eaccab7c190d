/** `allow`: which callers are accepted. Checked when the verifier is created; values are compared exactly. */

import { OptionError } from '@credex/core';
import { invalidOption } from '@credex/core/internal';
import type { AllowRule, RuleInEffect, VercelTokenClaims } from './contract.js';
import { distinct } from './issuers.js';
import { refusal } from './refuse.js';

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

export interface Rule {
  /** The rule as the user wrote it, as plain frozen data. */
  readonly shown: RuleInEffect;
  /** The members that are compared: all that are not `'*'`. */
  readonly values: readonly (readonly [Member, ReadonlySet<string>])[];
}

/**
 * @param underGlobalIssuer whether one of the trusted issuers signs for every team
 * @throws OptionError that names the member: `allow[0].environment`
 */
export function allowRules(value: unknown, underGlobalIssuer: boolean): readonly Rule[] {
  if (value === undefined) {
    throw missing(
      'allow',
      'pass at least one rule, such as { projectId: "prj_…", environment: "production" }. Without a rule, every project of the team would be accepted.',
    );
  }
  if (!Array.isArray(value) || value.length === 0)
    throw invalidOption({ option: 'allow' }, 'a list of at least one rule', value);
  return [...(value as unknown[])].map((rule, index) =>
    allowRule(rule, `allow[${index}]`, underGlobalIssuer),
  );
}

function allowRule(rule: unknown, at: string, underGlobalIssuer: boolean): Rule {
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
  if (underGlobalIssuer && !isRestricted('projectId', 'ownerId')) {
    throw missing(
      `${at}.projectId`,
      "set `projectId` (prj_…) or `ownerId` (team_…). The global issuer signs the tokens of every team, and another team can take a name that is no longer used, so neither a name nor '*' is enough.",
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

function missing(option: string, what: string): OptionError {
  return new OptionError('missing_option', option, undefined, `\`${option}\` is missing: ${what}`);
}

function unknownMember(at: string, name: string): string {
  const named = /^\w{1,40}$/.test(name) ? `\`${name}\`` : `of ${name.length} characters`;
  return `\`${at}\` has an unknown member ${named}; a rule may have ${MEMBERS.join(', ')}.`;
}
