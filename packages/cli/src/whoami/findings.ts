/** What is wrong with a token, or worth knowing: a table of rules over its claims, its header and the time. */

import type { SubjectToken } from '@credex/core';
import { jwtPart } from '../jwt-part.js';
import { shown } from '../visible.js';
import { duration } from './durations.js';
import type { Issuer } from './issuer.js';
import { subjectNames } from './issuer.js';

/** `error`: a cloud refuses the token, or should. `warning`: it works, with a risk. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

export interface Finding {
  readonly severity: Severity;
  /** Stable between releases. */
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
}

export interface Examined {
  readonly token: Pick<SubjectToken, 'claims' | 'jwt'>;
  readonly issuer: Issuer;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The environment that the token must have (`--for`). */
  readonly meant?: string | undefined;
  /** The environment in the platform's variables. */
  readonly platform: string | undefined;
}

/** A shorter remaining lifetime may not be enough for an exchange and its retries. */
const BRIEF_MS = 60_000;

interface Facts extends Examined {
  readonly claims: SubjectToken['claims'];
  readonly header: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds until the token expires, and until it is valid. */
  readonly left: number;
  readonly until: number;
  /** Whether the token is one of Vercel's OIDC federation. */
  readonly isFederation: boolean;
  readonly audiences: readonly string[];
  readonly usualAudience: string;
  /** The environment of the token, as text. */
  readonly environment: string;
}

type Rule = (facts: Facts) => readonly Finding[];

/** `says` returns the message, if the rule applies. */
const rule =
  (severity: Severity) =>
  (code: string, says: (facts: Facts) => string | false, fix?: string): Rule =>
  (facts) => {
    const message = says(facts);
    return message === false ? [] : [{ severity, code, message, ...(fix === undefined ? {} : { fix }) }];
  };
const error = rule('error');
const warning = rule('warning');
const note = rule('note');

const RULES: readonly Rule[] = [
  error(
    'expired',
    ({ left }) => left <= 0 && `The token expired ${duration(left)} ago.`,
    'Run `vercel env pull` again. In a function, request the token inside of the request.',
  ),
  warning(
    'ends_soon',
    ({ left }) => left > 0 && left < BRIEF_MS && `The token expires in ${duration(left)}.`,
    'Get a new one.',
  ),
  error(
    'not_yet_valid',
    ({ until }) => until > 0 && `The token is not valid yet: \`nbf\` is ${duration(until)} in the future.`,
    "Correct this machine's clock: a token is valid from the moment it is issued.",
  ),
  note(
    'nfb_misspelled',
    ({ claims }) =>
      claims['nfb'] !== undefined &&
      claims.nbf === undefined &&
      'The claim `nbf` is misspelled as `nfb`, as in an example of Vercel. A verifier that requires `nbf` refuses this token.',
  ),
  warning(
    'global_issuer',
    ({ issuer }) =>
      issuer.kind === 'global' &&
      'All teams share the global issuer. After a rename or a removal, another team can take the names of a team and a project, and then has the same `sub`.',
    'Switch the project to team issuer mode, or compare `owner_id` and `project_id` in the trust, if the cloud can.',
  ),
  error(
    'passport_token',
    ({ issuer }) =>
      issuer.kind === 'passport' &&
      'This is a Vercel Passport token, which identifies a visitor. No cloud should accept it: an OIDC federation token identifies the deployment.',
    'Use the header x-vercel-oidc-token, not x-vercel-oidc-passport-token.',
  ),
  error(
    'sign_in_token',
    ({ issuer }) =>
      issuer.kind === 'sign-in' &&
      'This is a token of Sign in with Vercel, which identifies a user. No cloud should accept it: an OIDC federation token identifies the deployment.',
    'Use the header x-vercel-oidc-token, or VERCEL_OIDC_TOKEN.',
  ),
  error('no_issuer', ({ issuer }) => issuer.kind === 'missing' && 'The token has no `iss`.'),
  error(
    'foreign_issuer',
    ({ issuer, claims }) =>
      issuer.kind === 'other' && `The issuer is not Vercel's: ${shown(claims.iss ?? '')}.`,
    "Vercel's issuers are https://oidc.vercel.com/{team}, and https://oidc.vercel.com in global mode, spelled exactly so.",
  ),
  error(
    'wrong_algorithm',
    ({ header }) =>
      header?.['alg'] !== 'RS256' &&
      `The algorithm in the header is ${textOf(header?.['alg'])}; Vercel signs with RS256.`,
  ),
  error(
    'no_key_id',
    ({ header }) =>
      typeof header?.['kid'] !== 'string' &&
      'The header has no key id (`kid`), so the signature cannot be verified.',
  ),
  error(
    'subject_unreadable',
    ({ isFederation, claims }) =>
      isFederation &&
      subjectNames(claims.sub) === undefined &&
      'The `sub` does not have the form owner:{team}:project:{project}:environment:{environment}.',
  ),
  error(
    'claims_disagree',
    (facts) => {
      const differences = facts.isFederation ? differencesIn(facts) : [];
      return differences.length > 0 && `The claims contradict each other: ${differences.join('; ')}.`;
    },
    'Vercel does not issue such a token: find out who did.',
  ),
  warning('ids_missing', ({ isFederation, claims }) => {
    const absent = ['owner_id', 'project_id'].filter((name) => claims[name] === undefined);
    return (
      isFederation &&
      subjectNames(claims.sub) !== undefined &&
      absent.length > 0 &&
      `The token has no ${absent.map((name) => `\`${name}\``).join(' and no ')}: a trust that compares ids refuses it.`
    );
  }),
  error('no_audience', ({ audiences }) => audiences.length === 0 && 'The token has no `aud`.'),
  warning(
    'many_audiences',
    ({ audiences }) =>
      audiences.length > 1 && 'The token has several audiences: each of them can use it with the others.',
  ),
  note(
    'custom_audience',
    ({ audiences, usualAudience }) =>
      audiences.length > 0 &&
      !audiences.includes(usualAudience) &&
      `The audience is not ${shown(usualAudience)}, Vercel's default: the trust must have ${shown(audiences.join(', '))}.`,
  ),
  error(
    'wrong_environment',
    ({ claims, meant, environment }) =>
      meant !== undefined &&
      claims.environment !== meant &&
      `The environment of the token is ${environment}, not ${shown(meant)}.`,
    'Use a token of a deployment in that environment.',
  ),
  warning(
    'platform_disagrees',
    ({ claims, meant, platform, environment }) =>
      meant === undefined &&
      platform !== undefined &&
      claims.environment !== platform &&
      `The environment of the token is ${environment}, but VERCEL_TARGET_ENV or VERCEL_ENV is ${shown(platform)}.`,
  ),
  note(
    'development_token',
    ({ claims }) =>
      (claims.environment === 'development' || claims['user_id'] !== undefined) &&
      'This is a development token: a person pulled it to a machine, and it lasts 12 hours. A trust of `development` gives every member of the project access.',
  ),
];

const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

/** Errors first. */
export function examine(examined: Examined): readonly Finding[] {
  const facts = factsOf(examined);
  const found = RULES.flatMap((each) => each(facts));
  return found.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

function factsOf(examined: Examined): Facts {
  const { token, issuer, now } = examined;
  const { claims } = token;
  return {
    ...examined,
    claims,
    header: jwtPart(token.jwt, 0),
    left: (claims.exp ?? 0) * 1000 - now,
    until: (claims.nbf ?? 0) * 1000 - now,
    isFederation: issuer.kind === 'team' || issuer.kind === 'global',
    audiences: claims.aud === undefined ? [] : [claims.aud].flat(),
    usualAudience: `https://vercel.com/${claims.owner ?? ''}`,
    environment: claims.environment === undefined ? '(none)' : shown(claims.environment),
  };
}

/** The JOSE header; undefined if it is not a JSON object. */

function differencesIn({ claims, issuer }: Facts): readonly string[] {
  const names = subjectNames(claims.sub);
  if (names === undefined) return [];
  const differs = (['owner', 'project', 'environment'] as const)
    .filter((name) => claims[name] !== undefined && claims[name] !== names[name])
    .map(
      (name) => `${name} is ${shown(names[name])} in \`sub\` and ${shown(claims[name] ?? '')} in \`${name}\``,
    );
  return issuer.team === undefined || issuer.team === names.owner
    ? differs
    : [...differs, `the team is ${shown(issuer.team)} in \`iss\` and ${shown(names.owner)} in \`sub\``];
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '(none)');
