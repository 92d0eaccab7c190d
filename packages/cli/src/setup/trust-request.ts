/** Which deployments get access, from the options of `credex setup`. Names are checked against Vercel's grammar. */

import { TEAM_SLUG, optionalString, requiredString, type Grammar } from '@credex/core/internal';
import { UsageError } from '../usage-error.js';
import type { Checks } from './checks.js';

export interface TrustOptions {
  readonly team?: string;
  readonly teamId?: string;
  readonly project?: string;
  readonly projectId?: string;
  readonly environment?: readonly string[];
  readonly issuerMode?: string;
  readonly audience?: string;
}

export type IssuerMode = 'team' | 'global';

export interface TrustedIssuer {
  readonly mode: IssuerMode;
  readonly url: string;
  /** The URL without its scheme: AWS names condition keys by it. */
  readonly host: string;
}

export interface TrustRequest {
  readonly team: string;
  readonly project: string;
  /** A rename does not change them. Both or neither. */
  readonly ids: { readonly team: string; readonly project: string } | undefined;
  /** Without duplicates, in the order given. */
  readonly environments: readonly string[];
  readonly issuers: readonly TrustedIssuer[];
  readonly audience: string;
}

export const PROJECT: Grammar = {
  pattern: /^[a-z0-9_](?:[a-z0-9._-]{0,98}[a-z0-9_])?$/,
  says: "the project's name as in its URL: at most 100 lowercase letters, digits, `.`, `_` and `-`",
};
export const ENVIRONMENT: Grammar = {
  pattern: /^[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?$/,
  says: 'production, preview, development or the slug of a custom environment: at most 32 lowercase letters, digits and hyphens',
};
export const TEAM_ID: Grammar = { pattern: /^team_[A-Za-z0-9]{1,64}$/, says: 'the id of the team, team_…' };
export const PROJECT_ID: Grammar = {
  pattern: /^prj_[A-Za-z0-9]{1,64}$/,
  says: 'the id of the project, prj_…',
};
/** The audience of a token. Google Cloud accepts its own default as well. */
export const AUDIENCE: Grammar = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9:/._~-]{0,254}$/,
  says: 'an audience of at most 255 letters, digits and `:/._~-`',
};
const ISSUER = 'https://oidc.vercel.com';

/** Problems are reported to `checks`; a valid value replaces each missing or wrong one. */
export function trustRequest(options: TrustOptions, audiences: Grammar, checks: Checks): TrustRequest {
  const team = checks.required('--team', options.team, TEAM_SLUG, 'team');
  const project = checks.required('--project', options.project, PROJECT, 'project');
  const environments = checks.or(['production'], () => environmentsOf(options));
  const issuers = checks.or(teamIssuer(team), () => issuersOf(options.issuerMode ?? 'team', team));
  const audience = checks.or(undefined, () => audienceOf(options, audiences, issuers));
  return {
    team,
    project,
    ids: checks.or({ team: 'team_0', project: 'prj_0' }, () => idsOf(options)),
    environments: [...new Set(environments)],
    issuers,
    audience: audience ?? `https://vercel.com/${team}`,
  };
}

function environmentsOf({ environment = [] }: TrustOptions): readonly string[] {
  if (environment.length === 0)
    throw new UsageError(
      'missing_argument',
      'No environment is given: only chosen environments get access.',
      {
        option: '--environment',
        hint: 'Pass --environment production. Repeat the option for more environments.',
      },
    );
  return environment.map((each) => requiredString({ option: '--environment' }, each, ENVIRONMENT));
}

function audienceOf(
  { audience: given }: TrustOptions,
  grammar: Grammar,
  issuers: readonly TrustedIssuer[],
): string | undefined {
  const audience = optionalString({ option: '--audience' }, given, grammar);
  if (audience === undefined || issuers.every(({ mode }) => mode === 'team')) return audience;
  throw new UsageError(
    'conflicting_arguments',
    '--audience needs --issuer-mode team: a token of another audience always has the team issuer.',
    { option: '--audience' },
  );
}

/** The trust of an entry: tokens have its `audience`, if it has one. `usual`: what `audience: 'default'` means in its cloud. */
export const trustOfEntry = (
  trust: TrustRequest,
  { audience }: { readonly audience?: string | undefined },
  usual: string,
): TrustRequest =>
  audience === undefined ? trust : { ...trust, audience: audience === 'default' ? usual : audience };

/** The `sub` of each environment, in order. */
export const subjectsOf = ({ team, project, environments }: TrustRequest): readonly string[] =>
  environments.map((environment) => `owner:${team}:project:${project}:environment:${environment}`);

function idsOf({ teamId, projectId }: TrustOptions): TrustRequest['ids'] {
  const team = optionalString({ option: '--team-id' }, teamId, TEAM_ID);
  const project = optionalString({ option: '--project-id' }, projectId, PROJECT_ID);
  if (team !== undefined && project !== undefined) return { team, project };
  if (team === undefined && project === undefined) return undefined;
  throw new UsageError('missing_argument', '--team-id and --project-id must be passed together.', {
    option: team === undefined ? '--team-id' : '--project-id',
    hint: 'Both are claims of the token: see `credex whoami`.',
  });
}

function issuer(mode: IssuerMode, team: string): TrustedIssuer {
  const url = mode === 'team' ? `${ISSUER}/${team}` : ISSUER;
  return { mode, url, host: url.slice('https://'.length) };
}

const teamIssuer = (team: string): readonly TrustedIssuer[] => [issuer('team', team)];

function issuersOf(mode: string, team: string): readonly TrustedIssuer[] {
  if (mode === 'both') return [issuer('team', team), issuer('global', team)];
  if (mode === 'team' || mode === 'global') return [issuer(mode, team)];
  throw new UsageError('invalid_argument', '--issuer-mode must be team, global or both.', {
    option: '--issuer-mode',
    hint: "Use the mode in the project's settings, under OIDC federation, and `both` while you change it.",
  });
}
