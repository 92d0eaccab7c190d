/** What is wrong, or worth knowing, about a token: pure rules over its claims, its header and the moment. */

import type { SubjectClaims } from '@credex/core';
import { duration } from './durations.js';
import type { Issuer } from './issuer.js';
import { subjectNames } from './issuer.js';
import { shown } from '../visible.js';

/** `error`: a cloud refuses it, or should. `warning`: it works and may hurt. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

export interface Finding {
  readonly severity: Severity;
  /** A stable word. */
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
}

export interface Examined {
  readonly claims: SubjectClaims;
  readonly header: Readonly<Record<string, unknown>> | undefined;
  readonly issuer: Issuer;
  /** Epoch milliseconds. */
  readonly now: number;
  /** The environment that the token is meant for (`--for`). */
  readonly meant: string | undefined;
  /** The environment that the platform's variables name. */
  readonly platform: string | undefined;
}

/** Less than this left is little for an exchange and its retries. */
const BRIEF_MS = 60_000;

const finding = (severity: Severity, code: string, message: string, fix?: string): Finding => ({
  severity,
  code,
  message,
  ...(fix === undefined ? {} : { fix }),
});

type Rule = (examined: Examined) => readonly (Finding | false | undefined)[];

const time: Rule = ({ claims, now }) => {
  const left = (claims.exp ?? 0) * 1000 - now;
  const until = (claims.nbf ?? 0) * 1000 - now;
  return [
    left <= 0 &&
      finding(
        'error',
        'expired',
        `The token ended ${duration(left)} ago.`,
        'Run `vercel env pull` again; in a function, ask inside the request.',
      ),
    left > 0 &&
      left < BRIEF_MS &&
      finding('warning', 'ends_soon', `The token ends in ${duration(left)}.`, 'Take a new one.'),
    until > 0 &&
      finding(
        'error',
        'not_yet_valid',
        `The token begins in ${duration(until)}.`,
        'Set the clock of this machine: tokens are valid from the moment they are made.',
      ),
    claims['nfb'] !== undefined &&
      claims.nbf === undefined &&
      finding(
        'note',
        'nfb_misspelled',
        'The claim `nbf` is misspelled `nfb`, as in an example of Vercel: whoever insists on `nbf` refuses this token.',
      ),
  ];
};

const kind: Rule = ({ claims, issuer }) => {
  switch (issuer.kind) {
    case 'team':
      return [];
    case 'global':
      return [
        finding(
          'warning',
          'global_issuer',
          'The issuer is the global one, which all teams share: names of teams and projects can be taken again after a rename or a removal, and then carry the same `sub`.',
          'Switch the project to team issuer mode, or let the trust compare `owner_id` and `project_id` where the cloud can.',
        ),
      ];
    case 'passport':
      return [
        finding(
          'error',
          'passport_token',
          'This is a Vercel Passport token (who visits), not an OIDC federation token (who runs): no cloud must take it.',
          'Use the header x-vercel-oidc-token, not x-vercel-oidc-passport-token.',
        ),
      ];
    case 'sign-in':
      return [
        finding(
          'error',
          'sign_in_token',
          'This is a token of Sign in with Vercel (who signed in), not an OIDC federation token (who runs): no cloud must take it.',
          'Use the header x-vercel-oidc-token, or VERCEL_OIDC_TOKEN.',
        ),
      ];
    case 'missing':
      return [finding('error', 'no_issuer', 'The token has no `iss`.')];
    case 'other':
      return [
        finding(
          'error',
          'foreign_issuer',
          `The issuer is not Vercel's: ${shown(claims.iss ?? '')}.`,
          'Vercel issues as https://oidc.vercel.com/{team}, or https://oidc.vercel.com in global mode, written exactly so.',
        ),
      ];
  }
};

const agreement: Rule = ({ claims, issuer }) => {
  const names = subjectNames(claims.sub);
  if (issuer.kind !== 'team' && issuer.kind !== 'global') return [];
  if (names === undefined) {
    return [
      finding(
        'error',
        'subject_unreadable',
        'The `sub` is not written owner:{team}:project:{project}:environment:{environment}.',
      ),
    ];
  }
  const differs = (['owner', 'project', 'environment'] as const)
    .filter((name) => claims[name] !== undefined && claims[name] !== names[name])
    .map(
      (name) =>
        `\`sub\` says ${name} ${shown(names[name])} and \`${name}\` says ${shown(claims[name] ?? '')}`,
    );
  if (issuer.team !== undefined && issuer.team !== names.owner) {
    differs.push(`\`iss\` says team ${shown(issuer.team)} and \`sub\` says owner ${shown(names.owner)}`);
  }
  const absent = (['owner_id', 'project_id'] as const).filter((name) => claims[name] === undefined);
  return [
    differs.length > 0 &&
      finding(
        'error',
        'claims_disagree',
        `The claims disagree: ${differs.join('; ')}.`,
        'Vercel makes no such token: find out who did.',
      ),
    absent.length > 0 &&
      finding(
        'warning',
        'ids_missing',
        `The token has no ${absent.map((name) => `\`${name}\``).join(' and no ')}: a trust that compares ids refuses it.`,
      ),
  ];
};

const audience: Rule = ({ claims }) => {
  const audiences = claims.aud === undefined ? [] : [claims.aud].flat();
  const usual = `https://vercel.com/${claims.owner ?? ''}`;
  if (audiences.length === 0) return [finding('error', 'no_audience', 'The token has no `aud`.')];
  return [
    audiences.length > 1 &&
      finding(
        'warning',
        'many_audiences',
        'The token is meant for several audiences: each of them can use it with the others.',
      ),
    !audiences.includes(usual) &&
      finding(
        'note',
        'custom_audience',
        `The audience is not ${shown(usual)}, the one Vercel gives by itself: the trust must name ${shown(audiences.join(', '))}.`,
      ),
  ];
};

const environment: Rule = ({ claims, meant, platform }) => {
  const own = claims.environment;
  const named = own === undefined ? '(none)' : shown(own);
  const isDevelopment = own === 'development' || claims['user_id'] !== undefined;
  return [
    meant !== undefined &&
      own !== meant &&
      finding(
        'error',
        'wrong_environment',
        `The token is of the environment ${named}, and ${shown(meant)} is meant.`,
        `Use a token of a deployment in ${shown(meant)}.`,
      ),
    meant === undefined &&
      platform !== undefined &&
      own !== platform &&
      finding(
        'warning',
        'platform_disagrees',
        `The token is of the environment ${named}, and VERCEL_TARGET_ENV or VERCEL_ENV says ${shown(platform)}.`,
      ),
    isDevelopment &&
      finding(
        'note',
        'development_token',
        'A development token: it was pulled to a machine by a person and lasts 12 hours. Trust that names `development` lets every member of the project in.',
      ),
  ];
};

const signature: Rule = ({ header }) => [
  header?.['alg'] !== 'RS256' &&
    finding(
      'error',
      'wrong_algorithm',
      `The header says alg ${said(header?.['alg'])}: Vercel signs with RS256.`,
    ),
  typeof header?.['kid'] !== 'string' &&
    finding('error', 'no_key_id', 'The header names no key (`kid`), so the signature cannot be verified.'),
];

const said = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '(none)');

const RULES: readonly Rule[] = [time, kind, signature, agreement, audience, environment];
const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

/** Errors first. */
export function examine(examined: Examined): readonly Finding[] {
  const found = RULES.flatMap((rule) => rule(examined)).filter(
    (one): one is Finding => one !== undefined && one !== false,
  );
  return found.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
